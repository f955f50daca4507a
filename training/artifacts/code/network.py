"""Write the lines that build and train a network, with the weights, shuffles and steps of `networks/loop`."""

from __future__ import annotations

from itertools import groupby

from training.artifacts.code.layout import Code, Section, assign, call, join_blocks, keyword, write_value
from training.artifacts.code.losses import write_loss
from training.artifacts.code.split import write_holdout
from training.datasets.preprocessing import PreparedData
from training.spec import Optimizer, Schedule, TrainingSpec
from training.trainers.criteria import CLASS_CRITERIA
from training.trainers.networks.batches import split_batches
from training.trainers.networks.holdout import hold_back
from training.trainers.networks.layers import parse_layer
from training.trainers.networks.network import build_network, infer_shape

FUSED = (Optimizer.ADAM, Optimizer.ADAMW, Optimizer.SGD, Optimizer.ADAGRAD)
"""Those whose fused kernel the loop uses, which differs from the plain one in the last bits."""


def write_tensors(spec: TrainingSpec, data: PreparedData) -> Section:
    """Write the lines that convert arrays to tensors and hold back validation rows, if the run had any."""
    holdout = hold_back(data, spec)
    imports = {"import torch"}
    blocks = []
    if holdout is not None:
        block, needed = write_holdout(spec, data.plan, holdout)
        blocks.append(block)
        imports |= needed
    parts = ["train", "test"] if holdout is None else ["train", "val", "test"]
    lines = [f"X_{part} = torch.tensor(X_{part})" for part in parts]
    if data.weights is not None:
        lines += [f"w_{part} = torch.tensor(w_{part} / mean_weight).float()" for part in parts if part != "test"]
        blocks.append("mean_weight = w_train.mean()  # the rows that are learned from weigh 1 on average")
    for part in parts:
        if part != "test":
            lines.append(f"y_{part} = torch.tensor(y_{part}){_shape_targets(spec)}")
    about = "PyTorch computes with tensors."
    if holdout is not None:
        about += " Validation rows are training rows that are held out to judge the epochs by."
    return Section("Make tensors", about, tuple(imports), join_blocks([*blocks, "\n".join(lines)]))


def write_model(spec: TrainingSpec, data: PreparedData) -> Section:
    """Write the network, its loss and its optimiser. Weights are drawn in the same order as in the training loop."""
    layers = [parse_layer(entry) for entry in spec.user_arch]
    shape: tuple[int, ...] = (data.X_train.shape[1],)
    modules: list[Code] = []
    for layer in layers:
        modules.append(layer.as_source(shape))
        shape, _ = infer_shape(layer, shape)
    network = render_network(modules)
    assert spec.criterion is not None
    loss = write_loss(spec, data)
    lines = [] if loss.is_function else [loss.code]
    lines.append(assign("optimizer", _write_optimizer(spec)))
    if spec.schedule is not None:
        lines.append(assign("scheduler", _write_schedule(spec)))
    blocks = [
        f"torch.set_num_threads(1)  # the same sums in the same order on every run\ntorch.manual_seed({spec.seed})",
        network,
        loss.class_weights,
        loss.code if loss.is_function else "",
        "\n".join(lines),
    ]
    about = "The seed makes the starting weights the same each time."
    imports = ("import torch", "from torch import nn", *loss.imports)
    return Section("Build the network", about, imports, join_blocks(blocks))


def write_training(spec: TrainingSpec, data: PreparedData) -> Section:
    """Write the epochs as `fit_network` runs them."""
    modules = build_network([parse_layer(entry) for entry in spec.user_arch], data.X_train.shape[1])
    holdout = hold_back(data, spec)
    n_rows = len(data.y_train) if holdout is None else len(holdout.fit)
    assert spec.batch_size is not None
    sizes = _write_sizes(split_batches(n_rows, spec.batch_size, modules), spec.batch_size)
    order = "order = torch.randperm(len(X_train))\n" if spec.shuffle else ""
    rows = "[order]" if spec.shuffle else ""
    weighs = data.weights is not None
    split = [f"{name}{rows}.split({sizes})" for name in ("X_train", "y_train", *(["w_train"] if weighs else []))]
    batches = assign("batches", call("zip", *split))
    batch = "X_batch, y_batch" + (", w_batch" if weighs else "")
    clip = ""
    if spec.gradient_clip is not None:
        clip = f"nn.utils.clip_grad_norm_(network.parameters(), {write_value(spec.gradient_clip)})\n"
    body = (
        f"network.train()\n{order}{batches}\nfor {batch} in batches:\n"
        + _indent(
            f"optimizer.zero_grad()\nloss = loss_function(network(X_batch), {batch.removeprefix('X_batch, ')})\n"
            "loss.backward()\n"
            f"{clip}optimizer.step()"
        )
        + ("" if holdout is None else f"\n\n{_write_validation(len(holdout.judge), weighs=weighs)}")
        + _write_rate_change(spec)
        + (_write_patience(spec.patience) if spec.patience else "")
    )
    numbered = f"range(1, {(spec.epochs or 0) + 1})" if spec.patience else f"range({spec.epochs})"
    loop = f"for {'epoch' if spec.patience else '_'} in {numbered}:\n{_indent(body)}"
    imports = ("import copy", "import torch") if spec.patience else ("import torch",)
    before = 'best_loss, best_epoch, best_weights = float("inf"), 0, None\n' if spec.patience else ""
    after = "\n\nnetwork.load_state_dict(best_weights)" if spec.patience else ""
    about = "Each epoch goes through all training rows, a batch at a time, with one small step after each batch."
    return Section("Train", about, imports, f"{before}{loop}{after}")


def render_network(modules: list[Code]) -> str:
    """Write the network with one layer per line."""
    from training.artifacts.code.layout import render

    lines = "".join(f"    {render(module, 4)},\n" for module in modules)
    return f"network = nn.Sequential(\n{lines})"


def predict_in_chunks(rows: str, n_rows: int, chunk: int) -> str:
    """Write the lines that compute the outputs for `rows`, in chunks of the training loop's size."""
    if n_rows <= chunk:
        return f"network({rows})"
    return f"torch.cat([network(chunk) for chunk in {rows}.split({chunk})])"


def _write_optimizer(spec: TrainingSpec) -> Code:
    assert spec.optimizer_name is not None
    arguments: list[Code] = ["network.parameters()", keyword("lr", write_value(spec.learning_rate))]
    if spec.momentum and spec.optimizer_name is Optimizer.SGD:
        arguments.append(keyword("momentum", write_value(spec.momentum)))
    if spec.weight_decay or spec.optimizer_name is Optimizer.ADAMW:  # its own default is not zero
        arguments.append(keyword("weight_decay", write_value(spec.weight_decay)))
    if spec.optimizer_name in FUSED:
        arguments.append(keyword("fused", "True"))
    return call(f"torch.optim.{spec.optimizer_name.value}", *arguments)


def _write_schedule(spec: TrainingSpec) -> Code:
    step, gamma = write_value(spec.schedule_step), write_value(spec.schedule_gamma)
    if spec.schedule is Schedule.STEP:
        name, arguments = "StepLR", [keyword("step_size", step), keyword("gamma", gamma)]
    elif spec.schedule is Schedule.COSINE:
        name, arguments = "CosineAnnealingLR", [keyword("T_max", write_value(spec.epochs))]
    else:
        name, arguments = "ReduceLROnPlateau", [keyword("factor", gamma), keyword("patience", step)]
    return call(f"torch.optim.lr_scheduler.{name}", "optimizer", *arguments)


def _shape_targets(spec: TrainingSpec) -> str:
    return "" if spec.criterion in CLASS_CRITERIA else ".float().view(-1, 1)"


def _write_sizes(sizes: list[int], batch_size: int) -> str:
    """Write the argument of `Tensor.split`: one number, or the list of sizes if the last ones differ."""
    if all(size == batch_size for size in sizes[:-1]) and sizes[-1] <= batch_size:
        return str(batch_size)
    return " + ".join(f"[{size}] * {len(list(group))}" for size, group in groupby(sizes))


def _write_validation(n_rows: int, *, weighs: bool) -> str:
    from training.trainers.networks.network import RUN_CHUNK

    outputs = predict_in_chunks("X_val", n_rows, RUN_CHUNK)
    held = "y_val, w_val" if weighs else "y_val"
    return f"network.eval()\nwith torch.no_grad():\n    val_loss = loss_function({outputs}, {held}).item()"


def _write_rate_change(spec: TrainingSpec) -> str:
    if spec.schedule is None:
        return ""
    return f"\nscheduler.step({'val_loss' if spec.schedule is Schedule.PLATEAU else ''})"


def _write_patience(patience: int) -> str:
    return (
        "\nif val_loss < best_loss:\n"
        "    best_loss, best_epoch = val_loss, epoch\n"
        "    best_weights = copy.deepcopy(network.state_dict())\n"
        f"elif epoch - best_epoch >= {patience}:\n    break"
    )


def _indent(code: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in code.split("\n"))
