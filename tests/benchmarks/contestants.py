"""How others train a network: for benchmarks. Each trains from the given first weights and goes through the test rows
after every epoch.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from training.datasets.preprocessing import PreparedData
from training.spec import TrainingSpec

Contestant = Callable[[nn.Sequential, PreparedData, TrainingSpec], object]


def find_installed() -> dict[str, Contestant]:
    """Return the contestants whose packages are installed. This project does not require them."""
    known = {"skorch": train_with_skorch, "Lightning": train_with_lightning, "Keras": train_with_keras}
    return {name: train for name, train in known.items() if find_spec(name.lower())}


def train_with_dataloader(network: nn.Sequential, data: PreparedData, spec: TrainingSpec) -> None:
    """The loop of most tutorials: mini-batches from a DataLoader, an optimiser over parameters, sums by `.item()`."""
    batches, test_batches = _load_batches(data, spec)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=spec.learning_rate or 0.001)
    for _ in range(spec.epochs or 0):
        network.train()
        total, right = 0.0, 0
        for X, y in batches:
            optimizer.zero_grad()
            outputs = network(X)
            loss = criterion(outputs, y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            right += (outputs.argmax(1) == y).sum().item()
        network.eval()
        with torch.no_grad():
            for X, y in test_batches:
                outputs = network(X)
                total += criterion(outputs, y).item() * len(y)
                right += (outputs.argmax(1) == y).sum().item()


def train_with_scikit_learn(network: nn.Sequential, data: PreparedData, spec: TrainingSpec) -> None:
    """scikit-learn's MLP, an epoch a call. It has a single output for two classes, with weights of its own."""
    linear = [module for module in network if isinstance(module, nn.Linear)]
    hidden = tuple(module.out_features for module in linear[:-1])
    model = MLPClassifier(
        hidden, batch_size=spec.batch_size, learning_rate_init=spec.learning_rate, alpha=0, random_state=0
    )
    classes = np.unique(data.y_train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.partial_fit(data.X_train[:1], data.y_train[:1], classes=classes)  # it draws its weights here
        for module, weights, biases in zip(linear, model.coefs_, model.intercepts_, strict=True):
            if weights.shape == tuple(module.weight.shape[::-1]):
                weights[...], biases[...] = module.weight.detach().numpy().T, module.bias.detach().numpy()
        for _ in range(spec.epochs or 0):
            model.partial_fit(data.X_train, data.y_train)
            probabilities = model.predict_proba(data.X_test)
            log_loss(data.y_test, probabilities, labels=classes)
            (probabilities.argmax(1) == data.y_test).mean()


def train_with_skorch(network: nn.Sequential, data: PreparedData, spec: TrainingSpec) -> None:
    from skorch import NeuralNetClassifier
    from skorch.dataset import Dataset
    from skorch.helper import predefined_split

    model = NeuralNetClassifier(
        network, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, lr=spec.learning_rate,
        batch_size=spec.batch_size, max_epochs=spec.epochs, iterator_train__shuffle=True, verbose=0,
        train_split=predefined_split(Dataset(data.X_test, data.y_test)),
    )  # fmt: skip
    model.fit(data.X_train, data.y_train)


def train_with_lightning(network: nn.Sequential, data: PreparedData, spec: TrainingSpec) -> None:
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def training_step(self, batch, index):
            return nn.functional.cross_entropy(self.network(batch[0]), batch[1])

        def validation_step(self, batch, index):
            outputs = self.network(batch[0])
            self.log("loss", nn.functional.cross_entropy(outputs, batch[1]))
            self.log("accuracy", (outputs.argmax(1) == batch[1]).float().mean())

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=spec.learning_rate)

    trainer = lightning.Trainer(
        max_epochs=spec.epochs, accelerator="cpu", logger=False, enable_checkpointing=False, barebones=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(Module(), *_load_batches(data, spec))


def train_with_keras(network: nn.Sequential, data: PreparedData, spec: TrainingSpec) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    linear = [module for module in network if isinstance(module, nn.Linear)]
    dense = [keras.layers.Dense(module.out_features, activation="relu") for module in linear[:-1]]
    model = keras.Sequential(
        [keras.Input((data.X_train.shape[1],)), *dense, keras.layers.Dense(linear[-1].out_features)]
    )
    model.set_weights([array for m in linear for array in (m.weight.detach().numpy().T, m.bias.detach().numpy())])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(spec.learning_rate), loss, metrics=["accuracy"])
    model.fit(
        data.X_train, data.y_train, batch_size=spec.batch_size, epochs=spec.epochs, verbose=0,
        validation_data=(data.X_test, data.y_test),
    )  # fmt: skip


def _load_batches(data: PreparedData, spec: TrainingSpec) -> tuple[DataLoader, DataLoader]:
    train = TensorDataset(torch.from_numpy(data.X_train), torch.from_numpy(data.y_train))
    test = TensorDataset(torch.from_numpy(data.X_test), torch.from_numpy(data.y_test))
    return DataLoader(train, batch_size=spec.batch_size, shuffle=True), DataLoader(test, batch_size=spec.batch_size)
