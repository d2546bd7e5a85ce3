# SPDX-License-Identifier: MIT
"""CIFAR-10 on a device: its images, an epoch's samples, and the masks that Node draws."""
import os
import subprocess

import numpy as np
import torch

CLASSES, SIDE, PADDING = 10, 32, 4
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
MASK_BYTES = SIDE * SIDE // 8
HERE = os.path.dirname(os.path.abspath(__file__))


def read(folder, files, limit):
    """The data set's binary version: records of 3,073 bytes, a label and 3 planes of 32 rows."""
    records = np.concatenate([np.fromfile(os.path.join(folder, name), np.uint8) for name in files])
    records = records.reshape(-1, 1 + 3 * SIDE * SIDE)[:limit]
    labels = torch.from_numpy(records[:, 0].astype(np.int64))
    return torch.from_numpy(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy()), labels


class Samples:
    """The images of a split. The seed alone decides how epochs shuffle, crop and flip them."""

    def __init__(self, folder, split, device, limit=None):
        files = [f'data_batch_{i}.bin' for i in range(1, 6)] if split == 'train' else ['test_batch.bin']
        images, self.labels = (t.to(device) for t in read(folder, files, limit))
        self.count, self.device = len(images), device
        # Black before normalisation, as the paper's authors pad.
        border = (PADDING,) * 4 if split == 'train' else (0,) * 4
        self.images = torch.nn.functional.pad(images, border)
        shape = (1, 3, 1, 1)
        self.mean = 255 * torch.tensor(MEAN, device=device).view(shape)
        self.deviation = 255 * torch.tensor(DEVIATION, device=device).view(shape)

    def normalised(self, pixels):
        return ((pixels.float() - self.mean) / self.deviation).contiguous(memory_format=torch.channels_last)

    def epoch(self, seed, epoch):
        """All samples of an epoch, in its order: images [n, 3, 32, 32], labels [n]."""
        draw = torch.Generator().manual_seed(1_000_003 * seed + epoch)
        order = torch.randperm(self.count, generator=draw).to(self.device)
        corner = torch.randint(0, 2 * PADDING + 1, (2, self.count, 1), generator=draw).to(self.device)
        flip = torch.randint(0, 2, (self.count, 1), generator=draw).to(self.device)
        along = torch.arange(SIDE, device=self.device)
        rows = corner[0] + along
        columns = corner[1] + torch.where(flip == 1, SIDE - 1 - along, along)
        pixels = self.images[order[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        return self.normalised(pixels.permute(0, 3, 1, 2)), self.labels[order]


class Masks:
    """The masks of a run from epoch `first` on, from a Node process that draws the next ones in the meantime."""

    def __init__(self, node, seed, epochs, first, count, device):
        options = {'seed': seed, 'epochs': epochs, 'from': first, 'count': count}
        words = [word for name, value in options.items() for word in (f'--{name}', str(value))]
        self.process = subprocess.Popen([node, os.path.join(HERE, 'masks.mjs'), *words], stdout=subprocess.PIPE)
        self.buffer = np.empty((count, MASK_BYTES), np.uint8)
        self.device = device

    def next(self):
        """The masks of the next epoch, bool [n, 1, 32, 32], True where a pixel is kept."""
        if self.process.stdout.readinto(memoryview(self.buffer).cast('B')) != self.buffer.nbytes:
            raise RuntimeError('masks.mjs ended early; what it wrote stands above')
        bits = torch.from_numpy(self.buffer).to(self.device)
        bit = torch.tensor([1 << i for i in range(8)], dtype=torch.uint8, device=self.device)
        return ((bits.unsqueeze(-1) & bit) != 0).view(-1, 1, SIDE, SIDE)

    def close(self):
        self.process.stdout.close()
        self.process.wait()
