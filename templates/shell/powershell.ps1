Text for PowerShell, for `... | Out-String | Invoke-Expression`, or as a file that is
dot-sourced. See sh.sh for sections and slots.

"failure": `exit` at the prompt would close the session, so without any script file among
the callers it is `throw`, which also stops everything up to the prompt.
@@ export
$env:{{name}} = {{value}}
@@ unset
$env:{{name}} = $null
@@ source
. ({{path}})
@@ secrets_begin
Set-PSDebug -Trace 0
@@ on_exit
$null = Register-EngineEvent -SourceIdentifier PowerShell.Exiting -SupportEvent -Action { Remove-Item -LiteralPath ({{directory}}) -Recurse -Force -ErrorAction SilentlyContinue }
@@ failure
$global:LASTEXITCODE = {{status}}
if (Get-PSCallStack | Where-Object { $_.ScriptName }) { exit {{status}} }
throw 'dockside failed with status {{status}}'
