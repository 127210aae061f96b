from companion.pretrained.timm import (
    load_convmixer as load_convmixer,
    load_mlp_mixer as load_mlp_mixer,
    load_vit as load_vit,
    timm_weights as timm_weights,
)
