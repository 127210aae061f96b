"""The text encoder once more, in Keras 3, with the same weights; and the way back.

It needs no TensorFlow classes of transformers, so it works beside version 5, which has none. It is
made of Keras's own layers alone: Keras saves and loads it without our help.

Axes: b batch, n tokens, d dim, h heads, e dim of one head.
"""

from collections.abc import Iterator
from typing import Any

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.frameworks.tensorflow import import_keras
from companion.models.text_classifier import TextClassifier
from companion.models.text_encoder import TextEncoder, TextSizes


def keras_encoder(model: TextEncoder | TextClassifier) -> Any:
    """A Keras 3 model that computes what `model` does, with a copy of its weights.

    It takes a dictionary of what a tokenizer gives, `input_ids` and `attention_mask` (both (b, n),
    the mask 0 at padding), and `token_type_ids` where `model` has segments, and gives tokens
    (b, n, d) or logits (b, c). Dropout is that of `model`, off in `predict`. `compile` and `fit` it
    as any other, with optimizers and losses of `keras`, or their names.

    Raises:
        ValueError: `model` is of another kind.
        ImportError, RuntimeError: as `import_keras`.
    """
    if not isinstance(model, TextEncoder | TextClassifier):
        raise ValueError(f"{type(model).__name__}: give a TextEncoder or a TextClassifier")
    keras = import_keras()
    encoder = model.encoder if isinstance(model, TextClassifier) else model
    names = ["input_ids", "attention_mask"] + ["token_type_ids"] * bool(encoder.sizes.segments)
    given = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
    outputs = _tokens(keras, encoder.sizes, given, dropout=encoder.embed.dropout.p)
    if isinstance(model, TextClassifier):
        dim, classes = encoder.sizes.dim, model.output.out_features
        hidden = keras.layers.Dense(dim, model.activation, name="hidden")(outputs[:, 0])
        hidden = keras.layers.Dropout(model.dropout.p)(hidden)
        outputs = keras.layers.Dense(classes, name="output")(hidden)
    twin = keras.Model(given, outputs)
    for variable, weight, pattern in _pairs(twin, model):
        variable.assign(_turned(weight, pattern, encoder.sizes).numpy(force=True))
    return twin


def weights_from_keras(twin: Any, model: TextEncoder | TextClassifier) -> None:
    """Copy the weights of a model that `keras_encoder` made of `model`, trained since, into it.

    Raises:
        ValueError: the two are not of the same kind and sizes. Then nothing was copied.
    """
    sizes = model.encoder.sizes if isinstance(model, TextClassifier) else model.sizes
    layers = {layer.name for layer in twin.layers}
    if ("output" in layers) != isinstance(model, TextClassifier):
        raise ValueError(
            f"one of the two has a classifier's head: {type(model).__name__} and a Keras model "
            f"{'with' if 'output' in layers else 'without'} one"
        )
    with torch.no_grad():
        copies = []
        for variable, weight, pattern in _pairs(twin, model):
            back = " -> ".join(reversed(pattern.split(" -> ")))
            copies.append((weight, _turned(torch.as_tensor(variable.numpy()), back, sizes)))
            if copies[-1][1].shape != weight.shape:
                raise ValueError(
                    f"{variable.path} has shape {tuple(variable.shape)}: this model has another "
                    "size; give the one that keras_encoder was given"
                )
        for weight, trained in copies:
            weight.copy_(trained)


def _tokens(keras: Any, sizes: TextSizes, given: dict[str, Any], *, dropout: float) -> Any:
    """The encoder: what `TextEncoder.forward` says, in Keras's words."""
    layers = keras.layers

    def normed(tokens: Any, name: str) -> Any:
        return layers.LayerNormalization(epsilon=sizes.norm_eps, name=name)(tokens)

    def added(tokens: Any, step: Any, name: str) -> Any:
        return normed(layers.Add()([tokens, layers.Dropout(dropout)(step)]), name)

    ids = given["input_ids"]
    places = keras.ops.cumsum(keras.ops.ones_like(ids), axis=1) - 1
    vectors = [
        layers.Embedding(sizes.vocabulary, sizes.dim, name="words")(ids),
        layers.Embedding(sizes.max_length, sizes.dim, name="places")(places),
    ]
    if sizes.segments:
        segments = layers.Embedding(sizes.segments, sizes.dim, name="segments")
        vectors.append(segments(given["token_type_ids"]))
    tokens = layers.Dropout(dropout)(normed(layers.Add()(vectors), "norm"))
    counts = keras.ops.expand_dims(keras.ops.cast(given["attention_mask"], "bool"), 1)
    for i in range(sizes.depth):
        attend = layers.MultiHeadAttention(sizes.heads, sizes.dim // sizes.heads, name=f"mix_{i}")
        tokens = added(tokens, attend(tokens, tokens, attention_mask=counts), f"norm1_{i}")
        hidden = layers.Dense(sizes.hidden_dim, "gelu", name=f"expand_{i}")(tokens)
        step = layers.Dense(sizes.dim, name=f"contract_{i}")(hidden)
        tokens = added(tokens, step, f"norm2_{i}")
    return tokens


def _turned(weight: Tensor, pattern: str, sizes: TextSizes) -> Tensor:
    return rearrange(weight.detach(), pattern, **({"h": sizes.heads} if "h" in pattern else {}))


def _pairs(twin: Any, model: nn.Module) -> Iterator[tuple[Any, Tensor, str]]:
    """Each of Keras's weights, ours (a view, where ours holds more), and how ours is turned."""
    encoder: Any = model.encoder if isinstance(model, TextClassifier) else model
    tables = {"words": encoder.embed.words, "places": encoder.embed.places}
    if encoder.sizes.segments:
        tables["segments"] = encoder.embed.segments
    for name, table in tables.items():
        yield twin.get_layer(name).embeddings, table.weight, "n d -> n d"
    norms, linears = {"norm": encoder.embed.norm}, {}
    for i, layer in enumerate(encoder.layers):
        norms |= {f"norm1_{i}": layer.norm1, f"norm2_{i}": layer.norm2}
        linears[f"expand_{i}"] = layer.channel_mixer.expand
        linears[f"contract_{i}"] = layer.channel_mixer.contract
        yield from _attention_pairs(twin.get_layer(f"mix_{i}"), layer.token_mixer)
    if isinstance(model, TextClassifier):
        linears |= {"hidden": model.hidden, "output": model.output}
    for name, norm in norms.items():
        yield twin.get_layer(name).gamma, norm.weight, "d -> d"
        yield twin.get_layer(name).beta, norm.bias, "d -> d"
    for name, linear in linears.items():
        yield twin.get_layer(name).kernel, linear.weight, "o i -> i o"
        yield twin.get_layer(name).bias, linear.bias, "o -> o"


def _attention_pairs(theirs: Any, ours: Any) -> Iterator[tuple[Any, Tensor, str]]:
    dense = (theirs.query_dense, theirs.key_dense, theirs.value_dense)
    parts = zip(dense, ours.qkv.weight.chunk(3), ours.qkv.bias.chunk(3), strict=True)
    for layer, weight, bias in parts:
        yield layer.kernel, weight, "(h e) d -> d h e"
        yield layer.bias, bias, "(h e) -> h e"
    yield theirs.output_dense.kernel, ours.output.weight, "d (h e) -> h e d"
    yield theirs.output_dense.bias, ours.output.bias, "d -> d"
