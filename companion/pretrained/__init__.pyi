from companion.pretrained.hugging_face.hub import (
    HubConvMixer as HubConvMixer,
    HubDeiT as HubDeiT,
    HubHybrid as HubHybrid,
    HubMLPMixer as HubMLPMixer,
    HubViT as HubViT,
)
from companion.pretrained.hugging_face.vision import (
    load_hugging_face_deit as load_hugging_face_deit,
    load_hugging_face_dino as load_hugging_face_dino,
    load_hugging_face_vit as load_hugging_face_vit,
    to_hugging_face as to_hugging_face,
)
from companion.pretrained.timm import (
    load_convmixer as load_convmixer,
    load_mlp_mixer as load_mlp_mixer,
    load_vit as load_vit,
    timm_weights as timm_weights,
)
