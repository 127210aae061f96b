from companion.records.files import (
    write_file as write_file,
    write_text as write_text,
)
from companion.records.lines import (
    append_line as append_line,
    read_lines as read_lines,
)
from companion.records.machine import (
    cores as cores,
    hardware as hardware,
    versions as versions,
)
from companion.records.provenance import (
    in_words as in_words,
    provenance as provenance,
    write_record as write_record,
)
