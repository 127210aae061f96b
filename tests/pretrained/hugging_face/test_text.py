"""BERT and DistilBERT in our class give transformers' vectors and logits, and go back."""

import json
import os
from pathlib import Path
from unittest import mock

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.testing import assert_close

from companion.models import TextClassifier, TextEncoder, mean_of_tokens
from companion.pretrained import (
    hugging_face_weights,
    load_text_classifier,
    load_text_encoder,
    model_folder,
)

with mock.patch.dict(os.environ, USE_TF="0"):  # else it would load TensorFlow, which is not needed
    import transformers

CONFIGS = {
    "Bert": (
        "BertConfig",
        {
            "vocab_size": 40,
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "intermediate_size": 40,
            "max_position_embeddings": 12,
            "num_labels": 5,
        },
    ),
    "DistilBert": (
        "DistilBertConfig",
        {
            "vocab_size": 40,
            "dim": 24,
            "n_layers": 2,
            "n_heads": 3,
            "hidden_dim": 40,
            "max_position_embeddings": 12,
            "num_labels": 5,
        },
    ),
}
MINILM = "sentence-transformers/all-MiniLM-L6-v2"
TEXTS = ["I like soccer. We all love soccer!", "Short.", "It is a long and winding sentence."]


def build(family: str, kind: str = "Model", **settings) -> nn.Module:
    torch.manual_seed(0)
    config, sizes = CONFIGS[family]
    config = getattr(transformers, config)(**sizes | settings)
    model = getattr(transformers, f"{family}{kind}")(config)
    for parameter in model.parameters():  # biases start at zero, which would hide mistakes
        nn.init.normal_(parameter, std=0.2)
    return model.eval()


def batch(family: str) -> dict[str, Tensor]:
    """Four texts of nine tokens, of which two are padded, one on the left, and one is a pair."""
    ids = torch.randint(1, 40, (4, 9), generator=torch.Generator().manual_seed(1))
    mask, segments = torch.ones_like(ids), torch.zeros_like(ids)
    mask[1, 5:] = mask[2, :3] = 0
    segments[3, 4:] = 1
    given = {"input_ids": ids, "attention_mask": mask}
    return given | ({"token_type_ids": segments} if family == "Bert" else {})


def each_layer(model: TextEncoder, given: dict[str, Tensor]) -> list[Tensor]:
    """What the embedding and every layer give."""
    seen: list[Tensor] = []
    for part in (model.embed, *model.layers):
        part.register_forward_hook(lambda *hook: seen.append(hook[-1]))
    assert torch.equal(model(**given), seen[-1])
    return seen


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", CONFIGS)
def test_every_hidden_state_equals_theirs(family, attention):
    theirs, given = build(family, attn_implementation=attention), batch(family)
    ours = load_text_encoder(theirs)
    with torch.inference_mode():
        states = theirs(**given, output_hidden_states=True).hidden_states
        seen = each_layer(ours, given)
    assert len(seen) == 3
    assert not ours.training
    assert_close(seen, list(states), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", CONFIGS)
def test_logits_equal_theirs(family):
    theirs, given = build(family, "ForSequenceClassification"), batch(family)
    ours = load_text_classifier(theirs)
    logits = theirs(**given).logits
    assert logits.std() > 0.05
    assert_close(ours(**given), logits, atol=1e-5, rtol=1e-5)
    # Trained further, they stay what they are: the gradients are the same too.
    ours(**given).square().sum().backward()
    logits.square().sum().backward()
    gradients = {name: p.grad for name, p in theirs.named_parameters() if p.grad is not None}
    body = "bert.embeddings" if family == "Bert" else "distilbert.embeddings"
    assert_close(
        ours.encoder.embed.places.weight.grad, gradients[f"{body}.position_embeddings.weight"]
    )


@pytest.mark.parametrize("family", CONFIGS)
def test_a_saved_folder_gives_the_same_model(family, tmp_path):
    theirs, given = build(family, "ForSequenceClassification"), batch(family)
    theirs.save_pretrained(tmp_path)
    expected = theirs(**given).logits
    for folder in (tmp_path, str(tmp_path)):
        assert_close(load_text_classifier(folder)(**given), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", CONFIGS)
def test_ours_go_back_under_their_names(family):
    theirs, given = build(family, "ForSequenceClassification"), batch(family)
    ours = load_text_classifier(theirs)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    fresh = build(family, "ForSequenceClassification")
    fresh.load_state_dict(hugging_face_weights(ours))
    assert_close(fresh(**given).logits, ours(**given), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(fresh(**given).logits, theirs(**given).logits, atol=0.01)
    body = build(family)
    missing, unexpected = body.load_state_dict(hugging_face_weights(ours.encoder), strict=False)
    assert not unexpected
    assert set(missing) <= {"pooler.dense.weight", "pooler.dense.bias"}


@pytest.mark.parametrize("family", CONFIGS)
def test_the_body_of_other_models_is_taken_without_their_heads(family):
    theirs, given = build(family, "ForMaskedLM"), batch(family)
    body = theirs.bert if family == "Bert" else theirs.distilbert
    ours = load_text_encoder(theirs)
    assert_close(ours(**given), body(**given).last_hidden_state, atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match=r"no sequence classifier's head.* puts a new head on it"):
        load_text_classifier(theirs)


def test_names_of_the_first_checkpoints_are_known(tmp_path):
    theirs, given = build("Bert"), batch("Bert")
    theirs.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): weight
        for name, weight in weights.items()
    }
    assert len(old.keys() - weights.keys()) == 10
    old["embeddings.position_ids"] = torch.arange(12)
    save_file(
        {f"bert.{name}": weight for name, weight in old.items()}, tmp_path / "model.safetensors"
    )
    ours = load_text_encoder(tmp_path)
    assert_close(ours(**given), theirs(**given).last_hidden_state, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("family", "changes", "words"),
    [
        ("Bert", {"hidden_act": "relu"}, "hidden_act='relu': .* 'gelu'"),
        ("Bert", {"is_decoder": True}, "is_decoder=True"),
        ("Bert", {"position_embedding_type": "relative_key"}, "'relative_key': .* 'absolute'"),
        ("DistilBert", {"activation": "relu"}, "activation='relu'"),
        ("Bert", {"model_type": "roberta"}, "model_type='roberta': our text encoder is BERT"),
    ],
)
def test_another_computation_is_refused_by_its_configuration(family, changes, words, tmp_path):
    build(family).save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(ValueError, match=words):
        load_text_encoder(tmp_path)


def test_what_is_not_whole_is_refused(tmp_path):
    theirs = build("Bert")
    theirs.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")

    def refused(changed: dict[str, Tensor], words: str) -> None:
        save_file(changed, tmp_path / "model.safetensors")
        with pytest.raises(ValueError, match=words):
            load_text_encoder(tmp_path)

    gone = "encoder.layer.1.output.dense.bias"
    refused({n: w for n, w in weights.items() if n != gone}, "channel_mixer.contract.bias")
    gone = "encoder.layer.0.attention.self.key.bias"
    refused({n: w for n, w in weights.items() if n != gone}, "token_mixer.key.bias")
    refused({n: w for n, w in weights.items() if "word_emb" not in n}, "no embed.words.weight")
    refused({**weights, "encoder.layer.0.adapter.weight": torch.ones(1)}, "1 of 38 .*adapter")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json cannot be read"):
        load_text_encoder(tmp_path)
    with pytest.raises(ValueError, match="Linear is not a model of transformers"):
        load_text_encoder(nn.Linear(2, 2))


def test_what_transformers_has_no_model_for_does_not_go_back():
    ours = load_text_encoder(build("Bert"))
    with pytest.raises(ValueError, match="activation='relu' with 2 segments: bert has 'tanh'"):
        hugging_face_weights(TextClassifier(ours, num_classes=2, activation="relu"))
    with pytest.raises(ValueError, match="Linear: give a TextEncoder"):
        hugging_face_weights(nn.Linear(2, 2))


def test_a_model_lies_where_the_data_do_or_on_the_hub(tmp_path, monkeypatch):
    asked = []

    def snapshot_download(name: str, *, allow_patterns: list[str]) -> str:
        asked.append((name, allow_patterns))
        if name == "me/gone":
            raise OSError("no network")
        return str(tmp_path / "cache")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setenv("COMPANION_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing"))
    build("Bert").save_pretrained(tmp_path / "tiny")
    assert model_folder("me/tiny") == model_folder("tiny") == tmp_path / "tiny"
    assert load_text_encoder("me/tiny").sizes.vocabulary == 40
    assert asked == []
    (tmp_path / "tiny" / "model.safetensors").unlink()
    assert model_folder("me/tiny") == tmp_path / "cache"
    assert asked == [("me/tiny", ["*.json", "*.txt", "model.safetensors"])]
    with pytest.raises(ValueError, match=r"me/gone is neither in .*\(OSError\)"):
        model_folder("me/gone")


@pytest.fixture(scope="module")
def minilm(data_dir: Path) -> Path:
    folder = data_dir / "all-MiniLM-L6-v2"
    if not folder.is_dir():
        pytest.skip("all-MiniLM-L6-v2 is not at hand")
    return folder


def test_a_published_encoder_gives_its_published_vectors(minilm: Path):
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    theirs = transformers.AutoModel.from_pretrained(minilm, add_pooling_layer=False).eval()
    ours = load_text_encoder(MINILM)
    assert (ours.sizes.depth, ours.sizes.heads, ours.sizes.dim) == (6, 12, 384)
    given = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = theirs(**given, output_hidden_states=True).hidden_states
        seen = each_layer(ours, given)
    assert len(seen) == 7
    counts = given["attention_mask"].bool()
    assert_close([s[counts] for s in seen], [s[counts] for s in states], atol=2e-5, rtol=1e-5)
    assert_close(seen, list(states), atol=1e-4, rtol=1e-4)


def test_a_published_encoder_knows_what_sentences_mean(minilm: Path):
    tokenizer = transformers.AutoTokenizer.from_pretrained(minilm)
    texts = ["A man is eating pasta.", "Somebody eats noodles.", "The sky is blue today."]
    given = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        vectors = mean_of_tokens(load_text_encoder(minilm)(**given), given["attention_mask"])
    same, other = nn.functional.cosine_similarity(vectors[:1], vectors[1:])
    assert same > 0.6 > 0.2 > other
