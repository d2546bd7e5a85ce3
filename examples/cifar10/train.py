# SPDX-License-Identifier: MIT
"""Trains ResNet-18 on CIFAR-10, once without masks and once with GridMask's, which Node draws.

    python3 examples/cifar10/train.py --data FOLDER [--out build/cifar10] [--seeds 1,2] [--epochs 167]

FOLDER holds the binary version of CIFAR-10 (data_batch_1.bin to data_batch_5.bin, test_batch.bin).
The two runs of a seed have the same initial weights, order, crops and flips; only the masks differ. Interrupt
it when you like: the same command goes on from the last checkpoint. README.md beside this file says what came of it.
"""
import argparse
import json
import math
import os
import platform
import signal
import subprocess
import sys
import time

import numpy as np
import torch
from torch.nn import functional as F

from network import ResNet18

HERE = os.path.dirname(os.path.abspath(__file__))
SIDE = 32
PADDING = 4
MASK_BYTES = SIDE * SIDE // 8


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--data', required=True, help='folder of the binary version of CIFAR-10')
    parser.add_argument('--out', default='build/cifar10', help='checkpoints and results.json')
    parser.add_argument('--seeds', default='1', help='such as 1,2,3: a pair of runs each')
    parser.add_argument('--epochs', type=int, default=167)
    parser.add_argument('--batch', type=int, default=512)
    parser.add_argument('--width', type=int, default=64, help="channels of the network's first stage")
    parser.add_argument('--learning-rate', type=float, help='its peak; 0.1 for every 128 of a batch')
    parser.add_argument('--minutes', type=float, help='stop in time, with a checkpoint')
    parser.add_argument('--node', default='node', help='the Node that draws the masks')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--compile', action='store_true', help='torch.compile: faster, after half a minute')
    parser.add_argument('--limit', type=int, help='images of each part, to try it')
    return parser.parse_args()


class Images:
    """A part of the data set on the device: uint8 [n, 3, 32, 32], and labels."""

    def __init__(self, folder, files, options):
        records = np.concatenate(
            [np.fromfile(os.path.join(folder, name), np.uint8) for name in files]
        ).reshape(-1, 1 + 3 * SIDE * SIDE)[: options.limit]
        device = options.device
        self.labels = torch.from_numpy(records[:, 0].astype(np.int64)).to(device)
        pixels = torch.from_numpy(records[:, 1:].reshape(-1, 3, SIDE, SIDE).copy())
        self.pixels = pixels.to(device)
        self.mean = torch.tensor([0.4914, 0.4822, 0.4465], device=device).view(1, 3, 1, 1)
        self.deviation = torch.tensor([0.2470, 0.2435, 0.2616], device=device).view(1, 3, 1, 1)

    def __len__(self):
        return len(self.labels)

    def normalised(self, pixels):
        images = (pixels.float() / 255 - self.mean) / self.deviation
        return images.contiguous(memory_format=torch.channels_last)

    def crops(self, indices, corners, flips):
        """Random crops of the images with a border of black pixels, some of them mirrored."""
        padded = F.pad(self.pixels[indices], [PADDING] * 4)
        steps = torch.arange(SIDE, device=padded.device)
        rows = corners[:, 0, None] + steps
        columns = corners[:, 1, None] + torch.where(flips[:, None], SIDE - 1 - steps, steps)
        sample = torch.arange(len(indices), device=padded.device)[:, None, None]
        # Advanced indices around a slice go to the front: [n, 32, 32, 3].
        cut = padded[sample, :, rows[:, :, None], columns[:, None, :]]
        return self.normalised(cut.permute(0, 3, 1, 2))


class Masks:
    """The masks of one run, epoch by epoch, out of a Node process."""

    def __init__(self, seed, first_epoch, count, options):
        script = os.path.join(HERE, 'masks.mjs')
        command = [options.node, script, '--seed', str(seed), '--epochs', str(options.epochs)]
        command += ['--from', str(first_epoch), '--count', str(count)]
        self.count = count
        self.device = options.device
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.weights = torch.tensor([1 << i for i in range(8)], dtype=torch.uint8, device=self.device)

    def next(self):
        """bool [count, 1, 32, 32] in the order of the data set, true where a pixel is kept."""
        data = self.process.stdout.read(self.count * MASK_BYTES)
        if len(data) < self.count * MASK_BYTES:
            sys.exit(f'{" ".join(self.process.args)} ended early')
        packed = torch.frombuffer(bytearray(data), dtype=torch.uint8).to(self.device)
        return (packed[:, None] & self.weights).ne(0).view(self.count, 1, SIDE, SIDE)

    def close(self):
        self.process.stdout.close()
        self.process.wait()


class Run:
    """One training, which can be stopped after any epoch and gone on with."""

    def __init__(self, method, seed, train, test, options):
        self.method, self.seed, self.options = method, seed, options
        self.train, self.test = train, test
        self.file = os.path.join(options.out, f'{method}-{seed}.pt')
        torch.manual_seed(seed)
        model = ResNet18(options.width)
        self.model = model.to(options.device, memory_format=torch.channels_last)
        self.forward = torch.compile(self.model) if options.compile else self.model
        self.peak = options.learning_rate or 0.1 * options.batch / 128
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=self.peak, momentum=0.9, nesterov=True, weight_decay=5e-4
        )
        self.epochs, self.correct = [], None
        if os.path.exists(self.file):
            self.load()

    def settings(self):
        options = self.options
        return [options.epochs, options.batch, options.width, self.peak, len(self.train), len(self.test)]

    def load(self):
        saved = torch.load(self.file, map_location=self.options.device, weights_only=False)
        if saved['settings'] != self.settings():
            sys.exit(f'{self.file} is of a run with other settings: choose another --out')
        self.model.load_state_dict(saved['model'])
        self.optimizer.load_state_dict(saved['optimizer'])
        self.epochs, self.correct = saved['epochs'], saved['correct']

    def save(self):
        state = {
            'settings': self.settings(),
            'model': self.model.state_dict(),
            'optimizer': self.optimizer.state_dict(),
            'epochs': self.epochs,
            'correct': self.correct,
        }
        torch.save(state, self.file + '.tmp')
        os.replace(self.file + '.tmp', self.file)

    def finished(self):
        return len(self.epochs) == self.options.epochs

    def learning_rate(self, progress):
        """From 0 to the peak in a twentieth of the training, then down to 0 along a cosine."""
        warm = 0.05
        if progress < warm:
            return self.peak * progress / warm
        return self.peak * (1 + math.cos(math.pi * (progress - warm) / (1 - warm))) / 2

    def autocast(self):
        return torch.autocast(
            self.options.device, dtype=torch.bfloat16, enabled=self.options.device == 'cuda'
        )

    def epoch(self, masks):
        """One pass over the training images."""
        options, count = self.options, len(self.train)
        number = len(self.epochs)
        # Of the CPU's generator, so that every device sees the same order, crops and flips.
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        order = torch.randperm(count, generator=random).to(options.device)
        corners = torch.randint(0, 2 * PADDING + 1, (count, 2), generator=random).to(options.device)
        flips = (torch.rand(count, generator=random) < 0.5).to(options.device)
        kept = None if masks is None else masks.next()
        self.model.train()
        steps = count // options.batch
        total = torch.zeros((), device=options.device)
        for step in range(steps):
            part = slice(step * options.batch, (step + 1) * options.batch)
            indices = order[part]
            images = self.train.crops(indices, corners[part], flips[part])
            if kept is not None:
                images = images * kept[indices]  # the fill is 0, the mean colour
            for group in self.optimizer.param_groups:
                group['lr'] = self.learning_rate((number + step / steps) / options.epochs)
            with self.autocast():
                loss = F.cross_entropy(self.forward(images), self.train.labels[indices])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            total += loss.detach()
        entry = {'loss': round(total.item() / steps, 4)}
        if kept is not None:
            entry['dropped'] = round(1 - kept.float().mean().item(), 4)
        if (number + 1) % 10 == 0 or number >= options.epochs - 5:
            self.correct = self.evaluate()
            entry['accuracy'] = round(100 * self.correct.float().mean().item(), 2)
        self.epochs.append(entry)

    @torch.no_grad()
    def evaluate(self):
        """Which of the test images are classified rightly."""
        self.model.eval()
        found = []
        for at in range(0, len(self.test), 1000):
            images = self.test.normalised(self.test.pixels[at : at + 1000])
            with self.autocast():
                found.append(self.model(images).argmax(1) == self.test.labels[at : at + 1000])
        return torch.cat(found).cpu()

    def train_until(self, deadline):
        """@returns whether it was finished in time"""
        masks = None
        if self.method == 'gridmask' and not self.finished():
            masks = Masks(self.seed, len(self.epochs), len(self.train), self.options)
        try:
            while not self.finished():
                started = time.time()
                self.epoch(masks)
                seconds = time.time() - started
                self.report(seconds)
                if stop.asked or time.time() + 1.5 * seconds > deadline:
                    self.save()
                    return self.finished()
                if len(self.epochs) % 10 == 0:
                    self.save()
        finally:
            if masks is not None:
                masks.close()
        self.save()
        return True

    def report(self, seconds):
        done, of = len(self.epochs), self.options.epochs
        last = self.epochs[-1]
        accuracy = f", {last['accuracy']:.2f} %" if 'accuracy' in last else ''
        left = (of - done) * seconds
        print(
            f"{self.method}, seed {self.seed}: epoch {done} of {of}, loss {last['loss']:.4f}{accuracy}, "
            f'{seconds:.1f} s an epoch, {left / 60:.0f} min left',
            flush=True,
        )


class Stop:
    """An interruption waits for the end of the epoch; a second one does not."""

    def __init__(self):
        self.asked = False
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self.ask)

    def ask(self, number, _):
        if self.asked:
            sys.exit(128 + number)
        print('Stopping after this epoch; the same command goes on from there.', flush=True)
        self.asked = True


def paired(without, masked):
    """The difference in points, on the same test images, with its standard error."""
    gained = int((masked & ~without).sum())
    lost = int((without & ~masked).sum())
    count = len(without)
    variance = (gained + lost - (gained - lost) ** 2 / count) / count**2
    return {
        'difference': round(100 * (gained - lost) / count, 2),
        'standardError': round(100 * math.sqrt(variance), 2),
        'gained': gained,
        'lost': lost,
    }


def mean_accuracy(epochs):
    return round(sum(epoch['accuracy'] for epoch in epochs) / len(epochs), 2)


def summary(runs, options):
    finished = {(run.method, run.seed): run for run in runs if run.finished()}
    device = torch.cuda.get_device_name() if options.device == 'cuda' else platform.processor()
    return {
        'settings': {
            'epochs': options.epochs,
            'batch': options.batch,
            'width': options.width,
            'trainingImages': len(runs[0].train),
            'testImages': len(runs[0].test),
        },
        'device': device or platform.machine(),
        'torch': torch.__version__,
        'runs': [
            {
                'method': run.method,
                'seed': run.seed,
                'accuracy': run.epochs[-1]['accuracy'],
                'meanOfLastFive': mean_accuracy(run.epochs[-5:]),
                'epochs': run.epochs,
            }
            for run in finished.values()
        ],
        'pairs': [
            {'seed': seed, **paired(finished['none', seed].correct, run.correct)}
            for (method, seed), run in finished.items()
            if method == 'gridmask' and ('none', seed) in finished
        ],
    }


def main():
    options = arguments()
    os.makedirs(options.out, exist_ok=True)
    deadline = time.time() + 60 * options.minutes if options.minutes else math.inf
    train = Images(options.data, [f'data_batch_{i}.bin' for i in range(1, 6)], options)
    test = Images(options.data, ['test_batch.bin'], options)
    if len(train) < options.batch:
        sys.exit(f'{len(train)} training images are less than a batch of {options.batch}')
    if options.device == 'cuda':
        torch.backends.cudnn.benchmark = True
    runs = []
    for seed in [int(word) for word in options.seeds.split(',')]:
        for method in ('none', 'gridmask'):
            run = Run(method, seed, train, test, options)
            runs.append(run)
            in_time = run.train_until(deadline)
            with open(os.path.join(options.out, 'results.json'), 'w') as file:
                json.dump(summary(runs, options), file, indent=1)
            if not in_time:
                print('Stopped. The same command goes on from here.')
                return
    for pair in summary(runs, options)['pairs']:
        print(
            f"seed {pair['seed']}: {pair['difference']:+.2f} ± {pair['standardError']:.2f} points, "
            f"{pair['gained']} gained, {pair['lost']} lost"
        )


stop = Stop()
main()
