Text for tcsh and csh, as a file that is sourced. See sh.sh for sections and slots.

"evaluated" wraps one line for eval `...`, quoted or not.

"failure": `exit` ends only the file that is being sourced, so the process is replaced.
@@ export
setenv {{name}} {{value}}
@@ unset
unsetenv {{name}}
@@ source
source {{path}}
@@ evaluated
eval "`printf {{text}}`";
@@ secrets_begin
set dockside_echo = $?echo dockside_verbose = $?verbose
unset echo verbose
@@ secrets_end
if ($dockside_verbose) set verbose
if ($dockside_echo) set echo
unset dockside_echo dockside_verbose
@@ failure
if (! $?prompt) exec sh -c 'exit {{status}}'; (exit {{status}})
