# SPDX-License-Identifier: MIT
"""ResNet-18 on CIFAR-10 with and without GridMask: Node draws the masks, PyTorch trains.

    python3 examples/cifar10/train.py --data cifar-10-batches-bin --seeds 1,2 --epochs 160

With one seed both runs have the same initial weights, order, crops and flips; only the masks differ.
You can stop it at any time: the same command continues from the last checkpoint. README.md has the results.
"""
import argparse
import json
import math
import os
import platform
import time

import torch
import torch.nn.functional as F
from data import Masks, Samples
from resnet import ResNet18

METHODS = ('gridmask', 'none')  # masks first: if Node or the package is missing, that shows at once
WARM_UP = 0.05  # of the training, in which the learning rate rises


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True, help='folder of data_batch_1.bin … and test_batch.bin')
    parser.add_argument('--seeds', default='1', help='two runs for each of them')
    parser.add_argument('--epochs', type=int, default=160)
    parser.add_argument('--batch', type=int, default=512)
    parser.add_argument('--width', type=int, default=64, help="channels of ResNet-18's first stage")
    parser.add_argument('--limit', type=int, help='images of each split, to see that it runs')
    parser.add_argument('--every', type=int, default=10, help='epochs from checkpoint to checkpoint')
    parser.add_argument('--out', default='build/cifar10', help='folder of checkpoints and results.json')
    parser.add_argument('--node', default='node')
    parser.add_argument('--compile', action='store_true', help='torch.compile: a quarter faster after a minute')
    return parser.parse_args()


args = arguments()
os.makedirs(args.out, exist_ok=True)
CUDA = torch.cuda.is_available()
device = torch.device('cuda' if CUDA else 'cpu')
torch.backends.cudnn.benchmark = True
train, test = (Samples(args.data, split, device, args.limit) for split in ('train', 'test'))
steps = max(1, train.count // args.batch)
SETTINGS = {name: getattr(args, name) for name in ('epochs', 'batch', 'width', 'limit')}


def learning_rate(epoch):
    """0.1 for 128 samples; rises linearly, then falls as a cosine."""
    part, peak = epoch / args.epochs, 0.1 * args.batch / 128
    if part < WARM_UP:
        return peak * part / WARM_UP
    return peak * 0.5 * (1 + math.cos(math.pi * (part - WARM_UP) / (1 - WARM_UP)))


def start(seed):
    torch.manual_seed(seed)
    model = ResNet18(args.width).to(device, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0, momentum=0.9, nesterov=True, weight_decay=5e-4)
    return model, optimizer


def forward(model, x):
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=CUDA):
        return model(x)


@torch.no_grad()
def predict(model):
    model.eval()
    images = test.images.split(1000)
    classes = torch.cat([forward(model, test.normalised(part)).argmax(1) for part in images])
    model.train()
    return classes


def run(method, seed):
    """A whole run, or the rest of one: its curve, and the classes it gives the test images at the end."""
    path = os.path.join(args.out, f'{method}-{seed}.pt')
    model, optimizer = start(seed)
    state = {'settings': SETTINGS, 'curve': [], 'seconds': 0.0}
    if os.path.exists(path):
        state = torch.load(path, map_location=device)
        if state['settings'] != SETTINGS:
            raise SystemExit(f'{path} is of other settings, {state["settings"]}: name another --out')
        if 'classes' in state:
            return state
        model.load_state_dict(state.pop('model'))
        optimizer.load_state_dict(state.pop('optimizer'))
    first = len(state['curve'])
    masks = Masks(args.node, seed, args.epochs, first, train.count, device) if method == 'gridmask' else None
    step = torch.compile(model) if args.compile else model
    for epoch in range(first, args.epochs):
        began = time.time()
        images, labels = train.epoch(seed, epoch)
        entry = {}
        if masks:
            kept = masks.next()
            images *= kept
            entry['dropped'] = 1 - kept.float().mean().item()
        total = torch.zeros((), device=device)
        for i in range(steps):
            part = slice(i * args.batch, (i + 1) * args.batch)
            loss = F.cross_entropy(forward(step, images[part]), labels[part])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            for group in optimizer.param_groups:
                group['lr'] = learning_rate(epoch + i / steps)
            optimizer.step()
            total += loss.detach()
        entry['loss'] = total.item() / steps
        last = epoch + 1 == args.epochs
        if last or (epoch + 1) % args.every == 0:
            classes = predict(model)
            entry['accuracy'] = 100 * (classes == test.labels).float().mean().item()
        state['curve'].append(entry)
        state['seconds'] += time.time() - began
        if 'accuracy' in entry:
            whole = {'classes': classes.cpu()} if last else {}
            unfinished = {} if last else {'model': model.state_dict(), 'optimizer': optimizer.state_dict()}
            torch.save({**state, **whole, **unfinished}, path + '.tmp')
            os.replace(path + '.tmp', path)
            left = state['seconds'] / (epoch + 1) * (args.epochs - epoch - 1)
            print(
                f'{method}, seed {seed}: epoch {epoch + 1} of {args.epochs}, loss {entry["loss"]:.4f}, '
                f'accuracy {entry["accuracy"]:.2f} %, {left:.0f} s left of this run',
                flush=True,
            )
    if masks:
        masks.close()
    return torch.load(path, map_location=device)


def paired(none, masked):
    """The difference on the same test images, in points, with its standard error (McNemar)."""
    right = [state['classes'].to(device) == test.labels for state in (none, masked)]
    gained, lost = int((~right[0] & right[1]).sum()), int((right[0] & ~right[1]).sum())
    variance = gained + lost - (gained - lost) ** 2 / test.count
    return {
        'difference': 100 * (gained - lost) / test.count,
        'standardError': 100 * math.sqrt(max(0.0, variance)) / test.count,
        'gained': gained,
        'lost': lost,
    }


results = {
    'settings': SETTINGS,
    'device': torch.cuda.get_device_name() if CUDA else platform.processor() or platform.machine(),
    'versions': {'torch': torch.__version__, 'python': platform.python_version()},
    'images': {'train': train.count, 'test': test.count},
    'seeds': [],
}
for seed in map(int, args.seeds.split(',')):
    runs = {method: run(method, seed) for method in METHODS}
    results['seeds'].append({
        'seed': seed,
        **{m: {'seconds': round(s['seconds'], 1), 'curve': s['curve']} for m, s in runs.items()},
        'paired': paired(runs['none'], runs['gridmask']),
    })
    accuracy = {method: state['curve'][-1]['accuracy'] for method, state in runs.items()}
    difference = results['seeds'][-1]['paired']
    print(
        f'seed {seed}: {accuracy["none"]:.2f} % without, {accuracy["gridmask"]:.2f} % with GridMask, '
        f'{difference["difference"]:+.2f} ± {difference["standardError"]:.2f} points',
        flush=True,
    )
file = os.path.join(args.out, 'results.json')
with open(file + '.tmp', 'w') as out:
    json.dump(results, out, indent=1)
os.replace(file + '.tmp', file)
print(f'written: {file}')
