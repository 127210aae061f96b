from companion.pretrained.timm import (
    load_vit as load_vit,
)
