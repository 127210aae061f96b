from companion.records.files import (
    write_file as write_file,
)
from companion.records.files import (
    write_text as write_text,
)
from companion.records.machine import (
    cores as cores,
)
from companion.records.machine import (
    hardware as hardware,
)
from companion.records.machine import (
    versions as versions,
)
from companion.records.provenance import (
    circumstances as circumstances,
)
from companion.records.provenance import (
    write_result as write_result,
)
