# SPDX-License-Identifier: MIT
"""ResNet-18 as it is usually adapted to CIFAR-10: a 3×3 stem without stride, no pooling before the first stage."""
import torch.nn.functional as F
from torch import nn


def convolution(before, after, size, stride=1):
    return nn.Conv2d(before, after, size, stride, size // 2, bias=False)


class Block(nn.Module):
    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1, self.norm1 = convolution(before, after, 3, stride), nn.BatchNorm2d(after)
        self.conv2, self.norm2 = convolution(after, after, 3), nn.BatchNorm2d(after)
        same = stride == 1 and before == after
        self.shortcut = (
            nn.Identity() if same else nn.Sequential(convolution(before, after, 1, stride), nn.BatchNorm2d(after))
        )

    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class ResNet18(nn.Module):
    """`width`: channels of the first of four stages, 64 in the paper."""

    def __init__(self, width=64, classes=10):
        super().__init__()
        self.stem, self.norm = convolution(3, width, 3), nn.BatchNorm2d(width)
        stages = [(1, width), (2, 2 * width), (2, 4 * width), (2, 8 * width)]
        blocks, before = [], width
        for stride, after in stages:
            blocks += [Block(before, after, stride), Block(after, after, 1)]
            before = after
        self.blocks, self.head = nn.Sequential(*blocks), nn.Linear(before, classes)

    def forward(self, x):
        return self.head(self.blocks(F.relu(self.norm(self.stem(x)))).mean((2, 3)))
