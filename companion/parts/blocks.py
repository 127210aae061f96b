"""The repeated step of a patch model: mix the tokens, then mix the channels; and pooling.

Axes: b batch, n tokens, d dim.
"""

from torch import Tensor, nn

from companion.checks import require_fraction, require_number, require_positive

NORM_EPS = 1e-6  # that of the published vision transformers; torch's default is 1e-5


class FeedForward(nn.Module):
    """Two linear layers with a GELU between, applied to each token alone: (b, n, d) -> (b, n, d).

    Source: Vaswani et al. 2017, section 3.3; GELU as in Dosovitskiy et al. 2021.
    """

    def __init__(self, dim: int, hidden_dim: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        require_positive(dim=dim, hidden_dim=hidden_dim)
        require_fraction(dropout=dropout)
        self.expand = nn.Linear(dim, hidden_dim)
        self.activation = nn.GELU()
        self.dropout = nn.Dropout(dropout)
        self.contract = nn.Linear(hidden_dim, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.contract(self.dropout(self.activation(self.expand(tokens))))


class MixingBlock(nn.Module):
    """Two pre-norm residual steps, whatever mixes the tokens: (b, n, d) -> (b, n, d).

    Each step adds to its input what a layer makes of the normalised input, so that a block that
    has learned nothing yet passes its input on. Source: Dosovitskiy et al. 2021, equations 2, 3.
    """

    def __init__(
        self,
        dim: int,
        *,
        token_mixer: nn.Module,
        channel_mixer: nn.Module,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        require_positive(dim=dim)
        require_fraction(dropout=dropout)
        self.norm1 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.token_mixer = token_mixer
        self.norm2 = nn.LayerNorm(dim, eps=NORM_EPS)
        self.channel_mixer = channel_mixer
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.dropout(self.token_mixer(self.norm1(tokens)))
        return tokens + self.dropout(self.channel_mixer(self.norm2(tokens)))


class ClassTokenPool(nn.Module):
    """Normalise the class token, the first of all, and hand it on: (b, n, d) -> (b, d)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, eps=NORM_EPS)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(tokens[:, 0])


class MeanPool(nn.Module):
    """Normalise every token, then take their mean: (b, n, d) -> (b, d)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim, eps=NORM_EPS)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(tokens).mean(dim=1)


def init_as_vit(module: nn.Module, *, std: float = 0.02) -> None:
    """Start every linear layer in `module` as timm starts a Vision Transformer's.

    Weights are normal with standard deviation `std` (timm's is 0.02), cut off far outside at 2;
    biases are zero.
    The embedding of the patches is to be left out: as a convolution, it keeps torch's own start,
    uniform within 1 / sqrt(numbers in a patch), in timm too.
    Source: timm's `init_weights_vit_timm`, https://github.com/huggingface/pytorch-image-models.

    Raises:
        ValueError: `std` is not above 0.
    """
    require_number(std=std, above=0.0)
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
