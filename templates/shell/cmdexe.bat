Text for cmd.exe, as a batch file for `call`. See sh.sh for sections and slots.

An @ keeps a line from being shown where `echo` is on.
@@ export
@set "{{name}}={{value}}"
@@ unset
@set "{{name}}="
@@ source
@call "{{path}}"
@@ failure
@exit /b {{status}}
