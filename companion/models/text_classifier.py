"""What reads the vectors of a text encoder: a head on the first token, or the mean of all.

Axes: b batch, n tokens, d dim, c classes.
Source: Devlin et al. 2019, https://arxiv.org/abs/1810.04805, section 4.1.
"""

from typing import Literal

import torch
from einops import rearrange
from torch import Tensor, nn

from companion.checks import require_fraction, require_positive
from companion.models.text_encoder import INIT_STD, TextEncoder
from companion.parts.blocks import init_as_vit

Activation = Literal["tanh", "relu"]


class TextClassifier(nn.Module):
    """A text encoder and a head that reads its first token, [CLS]: ids (b, n) -> logits (b, c).

    The head is a linear layer, an activation, and another linear layer.

    Args:
        encoder: reads the text.
        num_classes: length of the logits.
        activation: of the head, "tanh" in BERT, "relu" in DistilBERT.
        dropout: before the last linear layer.

    Raises:
        ValueError: as `TextEncoder`; an activation of another name, or `num_classes` below 1.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        num_classes: int,
        activation: Activation = "tanh",
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        require_positive(num_classes=num_classes)
        require_fraction(dropout=dropout)
        if activation not in ("tanh", "relu"):
            raise ValueError(
                f"activation={activation!r}: give 'tanh' (BERT) or 'relu' (DistilBERT)"
            )
        self.encoder = encoder
        self.activation = activation
        self.hidden = nn.Linear(encoder.sizes.dim, encoder.sizes.dim)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(encoder.sizes.dim, num_classes)
        init_as_vit(self.hidden, std=INIT_STD)
        init_as_vit(self.output, std=INIT_STD)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
    ) -> Tensor:
        first = self.encoder(input_ids, attention_mask, token_type_ids)[:, 0]
        read = torch.tanh if self.activation == "tanh" else torch.relu
        return self.output(self.dropout(read(self.hidden(first))))


def mean_of_tokens(tokens: Tensor, attention_mask: Tensor) -> Tensor:
    """One vector for each text, the mean of its tokens without the padding: (b, n, d) -> (b, d).

    `attention_mask` (b, n) is 0 at padding. A text without tokens has the vector 0.
    Source: Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084, section 3.
    """
    counts = rearrange(attention_mask.to(tokens.dtype), "b n -> b n 1")
    return (tokens * counts).sum(dim=1) / counts.sum(dim=1).clamp_min(1)
