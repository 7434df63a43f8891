Text for fish, read by `source`, from a pipe or a file. See sh.sh for sections and slots.

"failure": `exit` ends only the text that is being sourced, so the process is replaced; the
handlers that it would have run at its end are run before.
@@ export
set -gx {{name}} {{value}}
@@ unset
if set -qg {{name}}; set -eg {{name}}; end
@@ source
source {{path}}
@@ secrets_begin
set -l fish_trace
@@ on_exit
function dockside_on_exit --on-event fish_exit
    command rm -rf -- {{directory}}
end
@@ failure
if not status is-interactive
    emit fish_exit {{status}}
    exec sh -c 'exit {{status}}'
end
return {{status}}
