"""BERT and DistilBERT give the same list of maps as ours, equal to their own `attentions`."""

import functools
import logging
import os
from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from companion.inspection import record_attention, relevance, without_heads
from companion.pretrained import load_text_encoder

with mock.patch.dict(os.environ, USE_TF="0"):  # else it would load TensorFlow, which is not needed
    import transformers

BERT = {
    "vocab_size": 40,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 48,
    "max_position_embeddings": 12,
}
DISTILBERT = {
    "vocab_size": 40,
    "dim": 24,
    "n_layers": 2,
    "n_heads": 3,
    "hidden_dim": 48,
    "max_position_embeddings": 12,
}
KINDS = [
    "BertModel",
    "BertForSequenceClassification",
    "BertForMaskedLM",
    "DistilBertModel",
    "DistilBertForSequenceClassification",
]


def build(kind: str, **settings) -> nn.Module:
    torch.manual_seed(0)
    if "Distil" in kind:
        config = transformers.DistilBertConfig(**DISTILBERT, **settings)
    else:
        config = transformers.BertConfig(**BERT, **settings)
    model = getattr(transformers, kind)(config)
    for parameter in model.parameters():  # biases start at zero, which would hide mistakes
        nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.fixture
def given() -> dict[str, Tensor]:
    """Three texts of nine tokens, two of them padded, one on the left."""
    ids = torch.randint(1, 40, (3, 9), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 5:] = mask[2, :2] = 0
    return {"input_ids": ids, "attention_mask": mask}


def theirs(kind: str, given: dict[str, Tensor], **settings) -> list[Tensor]:
    model = build(kind, attn_implementation="eager", **settings)
    return list(model(**given, output_attentions=True).attentions)


def switches(model: nn.Module) -> list[object]:
    """What recording changes: kinds of layers, hooks, and how attention is to be computed."""
    kinds = [type(m) for m in model.modules()]
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()]
    names = ("attn_implementation", "_use_sdpa", "_use_flash_attention_2")
    chosen = [getattr(m, name, None) for m in model.modules() for name in names]
    return [*kinds, *hooks, *chosen, vars(model.config)["_attn_implementation_internal"]]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_maps_equal_the_models_own_attentions(kind, masked, given):
    given = given if masked else {"input_ids": given["input_ids"]}
    model = build(kind)
    with record_attention(model) as maps:
        model(**given)
    assert len(maps) == 2
    assert_close([m.weights for m in maps], theirs(kind, given))
    names = dict(model.named_modules())
    assert all("Attention" in type(names[m.layer]).__name__ for m in maps)
    for recorded in maps:
        assert recorded.layout is None
        assert_close(recorded.weights.sum(-1), torch.ones(3, 3, 9))
    if masked:
        assert maps[1].weights[1, :, :, 5:].abs().max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_else_changes_and_all_is_as_it_was(kind, given, monkeypatch):
    model = build(kind)
    before = model(**given)[0]  # transformers 5 has hooks of its own from the first call on
    kept = switches(model)
    with record_attention(model) as outer:
        with record_attention(model) as inner:
            during = model(**given)
        assert_close(model(**given)[0], before, atol=1e-5, rtol=1e-5)
    assert (len(outer), len(inner)) == (4, 2)
    assert_close([m.weights for m in outer[:2]], [m.weights for m in inner])
    assert_close(during[0], before, atol=1e-5, rtol=1e-5)
    assert during.attentions is None
    assert switches(model) == kept
    assert torch.equal(model(**given)[0], before)
    with pytest.raises(KeyError), record_attention(model):
        raise KeyError("from inside")
    assert switches(model) == kept


@pytest.mark.parametrize("kind", ["BertModel", "DistilBertModel"])
def test_nothing_is_said_about_another_implementation(kind, given):
    logging.Logger.warning_once.cache_clear()  # it says everything once, and that may be over
    said: list[str] = []
    logger = logging.getLogger("transformers")
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    try:
        model = build(kind)
        with record_attention(model):
            model(**given)
    finally:
        logger.removeHandler(handler)
    assert said == []


@pytest.mark.parametrize("kind", ["BertModel", "DistilBertModel"])
def test_what_the_reader_asked_for_is_still_there(kind, given):
    model = build(kind, attn_implementation="eager")
    with record_attention(model) as maps:
        asked = model(**given, output_attentions=True, output_hidden_states=True)
    assert_close(list(asked.attentions), [m.weights for m in maps])
    assert len(asked.hidden_states) == 3


def test_a_decoder_keeps_its_keys_and_values(given):
    model = build("BertLMHeadModel", is_decoder=True)
    with record_attention(model) as maps:
        model(**given)
    assert_close([m.weights for m in maps], theirs("BertLMHeadModel", given, is_decoder=True))
    assert maps[0].weights[:2].triu(1).max() == 0  # the third begins with padding
    ids = given["input_ids"][:1]
    with record_attention(model):
        past = model(ids[:, :-1], use_cache=True).past_key_values
    step = model(ids[:, -1:], past_key_values=past).logits[:, -1]
    assert_close(step, model(ids).logits[:, -1], atol=1e-4, rtol=1e-4)


def test_a_readers_own_layer_keeps_its_class(given):
    model = build("BertModel", attn_implementation="eager")
    layer = model.encoder.layer[0].attention.self

    class Doubled(type(layer)):
        @functools.wraps(type(layer).forward)
        def forward(self, *args, **kwargs):
            mixed, *rest = super().forward(*args, **kwargs)
            return (2 * mixed, *rest)

    layer.__class__ = Doubled
    before = model(**given)[0]
    with record_attention(model) as maps:
        assert_close(model(**given)[0], before)
    assert len(maps) == 2


@pytest.mark.parametrize("kind", ["BertModel", "DistilBertModel"])
def test_our_encoder_attends_as_theirs(kind, given):
    ours = load_text_encoder(build(kind))
    with record_attention(ours) as maps:
        ours(**given)
    assert_close([m.weights for m in maps], theirs(kind, given), atol=1e-5, rtol=1e-5)


def test_gradients_and_ablation_reach_the_text(given):
    model = build("BertForSequenceClassification")
    with record_attention(model) as maps:
        logits = model(**given).logits
    found = relevance(maps, logits[:, 0].sum())
    assert found.shape == (3, 9, 9)
    assert found.isfinite().all()
    ours = load_text_encoder(build("BertModel"))
    whole = ours(**given)
    with without_heads(ours, {"layers.0.token_mixer": [1]}):
        assert not torch.allclose(ours(**given), whole, atol=1e-3)


def test_a_published_models_maps_are_its_own(data_dir: Path):
    folder = data_dir / "all-MiniLM-L6-v2"
    if not folder.is_dir():
        pytest.skip("all-MiniLM-L6-v2 is not at hand")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = ["I like soccer. We all love soccer!", "Short."]
    given = tokenizer(texts, padding=True, return_tensors="pt")
    fused, ours = transformers.AutoModel.from_pretrained(folder).eval(), load_text_encoder(folder)
    eager = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.inference_mode():
        expected = list(eager(**given, output_attentions=True).attentions)
        for model in (fused, ours):
            with record_attention(model) as maps:
                model(**given)
            assert len(maps) == 6
            assert maps[0].weights.shape[1] == 12
            assert_close([m.weights for m in maps], expected, atol=1e-5, rtol=1e-4)
    # The known head of the first layer that looks at the previous token.
    text = maps[0].weights[0, 2, 2:-1]
    assert torch.stack([row[i + 1] for i, row in enumerate(text)]).min() > 0.9
