# The binary knows its commands; this is what the installed one says.
botmother completions fish | source
