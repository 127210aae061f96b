from companion.frameworks.tensorflow import (
    import_keras as import_keras,
    import_tensorflow as import_tensorflow,
    without_tensorflow as without_tensorflow,
)
from companion.frameworks.tf_classes import (
    import_tf_transformers as import_tf_transformers,
    tf_advice as tf_advice,
)
