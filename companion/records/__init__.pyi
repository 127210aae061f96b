from companion.records.files import (
    write_file as write_file,
)
from companion.records.lines import (
    append_line as append_line,
)
from companion.records.lines import (
    read_lines as read_lines,
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
    in_words as in_words,
)
from companion.records.provenance import (
    provenance as provenance,
)
from companion.records.provenance import (
    write_record as write_record,
)
