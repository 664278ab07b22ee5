#!/usr/bin/python3
#===- train.py - Train the digits network and write its files -------------===#
#
# Part of the qdot project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""Trains the network of network.py and writes the model and its arrays.

  train.py             train, then write every file
  train.py --export    write every file from the weights in digits.mlir
  train.py --check     fail unless the committed files are what --export
                       writes, byte for byte (ref.npy to 1e-6: exp() is not
                       the same on every machine), and accurate
  train.py --retrain   train again, write nothing, and fail unless the result
                       is as accurate (training sums in the order of the
                       installed BLAS, so other machines get other weights)
"""

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse
import io
import pathlib
import sys
import time

import numpy as np

import export_linalg
import export_nchw
import export_tosa
import network

HERE = pathlib.Path(__file__).resolve().parent
TEST_MODELS = HERE.parent.parent / "test" / "Models"
SEED = 8
TEST_IMAGES, CALIBRATION_IMAGES = 400, 200
EPOCHS, BATCH, RATE = 40, 32, 4e-3
MINIMUM_ACCURACY = 0.97


def load_splits():
    """The images in [0, 1] and the labels: (train, test), each (x, y)."""
    from sklearn.datasets import load_digits
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)[..., None]
    order = np.random.RandomState(SEED).permutation(len(images))
    test, train = order[:TEST_IMAGES], order[TEST_IMAGES:]
    labels = digits.target.astype(np.int32)
    return (images[train], labels[train]), (images[test], labels[test])


def shifted(images, rng):
    """Each image moved by at most one pixel along one axis or none."""
    out = images.copy()
    moves = rng.randint(0, 9, len(images))
    for code, (dy, dx) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
        chosen = moves == code
        padded = network.pad_same(images[chosen])
        out[chosen] = padded[:, 1 + dy:9 + dy, 1 + dx:9 + dx]
    return out


def train_epoch(net, optimizer, images, labels, rate, rng):
    """One pass over the data; returns the mean cross entropy."""
    order, loss = rng.permutation(len(images)), 0.0
    for start in range(0, len(order), BATCH):
        batch = order[start:start + BATCH]
        logits = net.forward(shifted(images[batch], rng), training=True)
        p = network.softmax(logits)
        rows = np.arange(len(batch))
        loss -= np.log(p[rows, labels[batch]] + 1e-12).sum()
        p[rows, labels[batch]] -= 1
        net.backward(p / np.float32(len(batch)))
        optimizer.step(rate)
    return loss / len(order)


def train(splits):
    """Trains from scratch; returns the network."""
    (images, labels), _ = splits
    rng = np.random.RandomState(SEED)
    net = network.Network(rng)
    optimizer = network.Adam(net)
    start = time.time()
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        loss = train_epoch(net, optimizer, images, labels, rate, rng)
        print(f"epoch {epoch + 1:2}/{EPOCHS}  loss {loss:.4f}  "
              f"{time.time() - start:.0f} s", file=sys.stderr)
    return net


def committed_network():
    """The network with the weights in digits.mlir."""
    net = network.Network(np.random.RandomState(SEED))
    text = (HERE / "digits.mlir").read_text()
    net.load(export_linalg.read_weights(text, net.parameters()))
    return net


def accuracy(net, split):
    images, labels = split
    return float((net.predict(images).argmax(1) == labels).mean())


def npy(array):
    """The bytes of a .npy file."""
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def outputs(net, splits):
    """Everything that is committed: path -> bytes."""
    (train_images, _), (test_images, test_labels) = splits
    weights = net.parameters()
    return {
        HERE / "digits.mlir": export_linalg.write(weights, "1").encode(),
        HERE / "digits_dynamic.mlir":
            export_linalg.write(weights, "?").encode(),
        HERE / "calib.npy": npy(train_images[:CALIBRATION_IMAGES]),
        HERE / "test.npy": npy(test_images),
        HERE / "labels.npy": npy(test_labels),
        HERE / "ref.npy": npy(net.predict(test_images)),
        TEST_MODELS / "digits_tosa.mlir": export_tosa.write(weights).encode(),
        TEST_MODELS / "digits_nchw.mlir": export_nchw.write(weights).encode(),
    }


def same(path, data):
    """Whether the file at `path` is what the exporter wrote as `data`."""
    if not path.exists():
        return False
    if path.name != "ref.npy":
        return path.read_bytes() == data
    found, expected = np.load(path), np.load(io.BytesIO(data))
    return (found.shape == expected.shape
            and np.abs(found - expected).max() <= 1e-6)


def check(files):
    """Reports each committed file that differs; returns whether none does."""
    wrong = [path for path, data in files.items() if not same(path, data)]
    for path in wrong:
        print(f"error: {path} is not what train.py --export writes",
              file=sys.stderr)
    return not wrong


def write(files):
    TEST_MODELS.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        path.write_bytes(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--export", "--check", "--retrain"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args()
    splits = load_splits()
    reuse = options.export or options.check
    net = committed_network() if reuse else train(splits)
    good = True
    if options.check:
        good = check(outputs(net, splits))
    elif not options.retrain:
        write(outputs(net, splits))
    reached = accuracy(net, splits[1])
    print(f"accuracy on {TEST_IMAGES} held-out images: {reached:.4f}")
    return 0 if good and reached >= MINIMUM_ACCURACY else 1


if __name__ == "__main__":
    sys.exit(main())
