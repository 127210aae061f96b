"""BERT and DistilBERT of Hugging Face as our text encoder, and ours under Hugging Face's names."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar, cast

from torch import Tensor, nn

from companion.models.text_classifier import Activation, TextClassifier
from companion.models.text_encoder import TextEncoder, TextSizes
from companion.pretrained.hugging_face.projections import joined_attention, parted_attention
from companion.pretrained.hugging_face.text_names import ACTIVATIONS, HEADS, NAMES
from companion.pretrained.hugging_face.text_source import Source, opened
from companion.pretrained.names import inverse, rename

ModelT = TypeVar("ModelT", bound=nn.Module)

# What each configuration calls it.
NUM_HEADS = {"bert": "num_attention_heads", "distilbert": "n_heads"}
DROPOUT = {"bert": "hidden_dropout_prob", "distilbert": "dropout"}
HEAD_DROPOUT = {"bert": "classifier_dropout", "distilbert": "seq_classif_dropout"}


def load_text_encoder(source: str | Path | nn.Module) -> TextEncoder:
    """A `TextEncoder` with the weights of a BERT or DistilBERT, in evaluation mode.

    Its vectors are those of transformers' last hidden state. Heads and pooler are left out.
    Neither transformers nor TensorFlow is imported.

    Args:
        source: a model of transformers; or the folder it was saved in; or its name, such as
            "sentence-transformers/all-MiniLM-L6-v2", looked for as in `model_folder`.

    Raises:
        ValueError: it is no BERT or DistilBERT of the plain kind (GELU, learned places, no
            decoder), which names the difference; weights are missing or have no place; or it is
            not there.
    """
    found = opened(source)
    weights = _body(found)
    return _filled(_empty(found, weights), weights)


def load_text_classifier(source: str | Path | nn.Module) -> TextClassifier:
    """A `TextClassifier` with the weights of transformers' sequence classifier, for evaluation.

    Its logits are those of `BertForSequenceClassification` or its DistilBERT sister. `source` and
    errors are those of `load_text_encoder`; a model without such a head is an error too.
    """
    found = opened(source)
    if "classifier.weight" not in found.heads:
        raise ValueError(
            f"this {found.family} has no sequence classifier's head, of heads it has "
            f"{sorted(found.heads) or 'none'}: load_text_encoder takes the body, and "
            "TextClassifier(encoder, num_classes=...) puts a new head on it"
        )
    body, head = _body(found), rename(found.heads, HEADS[found.family])
    dropout = found.config.get(HEAD_DROPOUT[found.family])
    ours = TextClassifier(
        _empty(found, body),
        num_classes=len(head["output.weight"]),
        activation=cast(Activation, ACTIVATIONS[found.family]),
        dropout=found.config.get(DROPOUT[found.family], 0.1) if dropout is None else dropout,
    )
    return _filled(ours, {f"encoder.{name}": weight for name, weight in body.items()} | head)


def hugging_face_weights(model: TextEncoder | TextClassifier) -> dict[str, Tensor]:
    """The weights of one of our text models as transformers' model of the same sizes takes them.

    An encoder's fit `BertModel(config, add_pooling_layer=False)` or, without segments,
    `DistilBertModel`; a classifier's `BertForSequenceClassification` or, without segments and with
    the activation "relu", `DistilBertForSequenceClassification`. `load_state_dict` takes them.

    Raises:
        ValueError: the model is of another kind, or transformers has none like it.
    """
    if isinstance(model, TextEncoder):
        family = "bert" if model.sizes.segments else "distilbert"
        return rename(parted_attention(model.state_dict()), inverse(NAMES[family]))
    if not isinstance(model, TextClassifier):
        raise ValueError(f"{type(model).__name__}: give a TextEncoder or a TextClassifier")
    family = "bert" if model.encoder.sizes.segments else "distilbert"
    if model.activation != ACTIVATIONS[family]:
        raise ValueError(
            f"activation={model.activation!r} with {model.encoder.sizes.segments} segments: "
            f"{family} has {ACTIVATIONS[family]!r}"
        )
    names = {f"encoder.{ours}": f"{family}.{theirs}" for theirs, ours in NAMES[family].items()}
    return rename(parted_attention(model.state_dict()), names | inverse(HEADS[family]))


def _body(found: Source) -> dict[str, Tensor]:
    return joined_attention(rename(found.weights, NAMES[found.family]))


def _empty(found: Source, weights: Mapping[str, Tensor]) -> TextEncoder:
    """Our encoder of the sizes that the weights show; heads and dropout are in the configuration.

    Raises:
        ValueError: a weight is missing that shows a size, or the number of heads is not said.
    """
    config, key = found.config, NUM_HEADS[found.family]
    showing = ("embed.words.weight", "embed.places.weight", "layers.0.channel_mixer.expand.weight")
    missing = [name for name in showing if name not in weights]
    if missing or key not in config:
        raise ValueError(f"not a whole {found.family}: no {', '.join(missing) or key}")
    words, places, expand = (weights[name] for name in showing)
    sizes = TextSizes(
        vocabulary=len(words),
        dim=words.shape[1],
        depth=1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers.")),
        heads=config[key],
        hidden_dim=len(expand),
        max_length=len(places),
        segments=len(weights.get("embed.segments.weight", ())),
        norm_eps=config.get("layer_norm_eps", 1e-12),
    )
    return TextEncoder(sizes, dropout=config.get(DROPOUT[found.family], 0.1))


def _filled(model: ModelT, weights: Mapping[str, Tensor]) -> ModelT:
    """The model with a copy of the weights, for evaluation."""
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise ValueError(f"the weights do not fit a {type(model).__name__}: {error}") from None
    return model.eval()
