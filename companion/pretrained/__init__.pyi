from companion.pretrained.hugging_face.folder import (
    model_folder as model_folder,
)
from companion.pretrained.hugging_face.hub import (
    HubConvMixer as HubConvMixer,
    HubDeiT as HubDeiT,
    HubHybrid as HubHybrid,
    HubMLPMixer as HubMLPMixer,
    HubViT as HubViT,
)
from companion.pretrained.hugging_face.text import (
    hugging_face_weights as hugging_face_weights,
    load_text_classifier as load_text_classifier,
    load_text_encoder as load_text_encoder,
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
