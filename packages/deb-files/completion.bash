# The binary knows its commands; this is what the installed one says.
eval "$(botmother completions bash)"
