Text for elvish, for `eval (... | slurp)`. See sh.sh for sections and slots.

"failure": only an interactive elvish has the functions of the module edit.
@@ export
set-env {{name}} {{value}}
@@ unset
unset-env {{name}}
@@ source
eval (slurp < {{path}})
@@ failure
if (eq (resolve edit:complete-filename) '$edit:complete-filename~') { fail 'dockside failed with status {{status}}' }
exit {{status}}
