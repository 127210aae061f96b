"""The weights of BERT and DistilBERT under Hugging Face's names and under ours.

Source of theirs: transformers' `modeling_bert.py` and `modeling_distilbert.py`, the same in
transformers 4 and 5, https://github.com/huggingface/transformers.
"""

BERT = {
    "embeddings.word_embeddings": "embed.words",
    "embeddings.position_embeddings": "embed.places",
    "embeddings.token_type_embeddings": "embed.segments",
    "embeddings.LayerNorm": "embed.norm",
    "encoder.layer.#.attention.self.query": "layers.#.token_mixer.query",
    "encoder.layer.#.attention.self.key": "layers.#.token_mixer.key",
    "encoder.layer.#.attention.self.value": "layers.#.token_mixer.value",
    "encoder.layer.#.attention.output.dense": "layers.#.token_mixer.output",
    "encoder.layer.#.attention.output.LayerNorm": "layers.#.norm1",
    "encoder.layer.#.intermediate.dense": "layers.#.channel_mixer.expand",
    "encoder.layer.#.output.dense": "layers.#.channel_mixer.contract",
    "encoder.layer.#.output.LayerNorm": "layers.#.norm2",
}
DISTILBERT = {
    "embeddings.word_embeddings": "embed.words",
    "embeddings.position_embeddings": "embed.places",
    "embeddings.LayerNorm": "embed.norm",
    "transformer.layer.#.attention.q_lin": "layers.#.token_mixer.query",
    "transformer.layer.#.attention.k_lin": "layers.#.token_mixer.key",
    "transformer.layer.#.attention.v_lin": "layers.#.token_mixer.value",
    "transformer.layer.#.attention.out_lin": "layers.#.token_mixer.output",
    "transformer.layer.#.sa_layer_norm": "layers.#.norm1",
    "transformer.layer.#.ffn.lin1": "layers.#.channel_mixer.expand",
    "transformer.layer.#.ffn.lin2": "layers.#.channel_mixer.contract",
    "transformer.layer.#.output_layer_norm": "layers.#.norm2",
}
NAMES = {"bert": BERT, "distilbert": DISTILBERT}
# The head of a sequence classifier. BERT's first layer is within the body, as its "pooler".
HEADS = {
    "bert": {"bert.pooler.dense": "hidden", "classifier": "output"},
    "distilbert": {"pre_classifier": "hidden", "classifier": "output"},
}
ACTIVATIONS = {"bert": "tanh", "distilbert": "relu"}
