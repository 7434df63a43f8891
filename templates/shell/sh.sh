Text for POSIX shells: bash, dash, zsh, ksh93, mksh, busybox sh.

A line "@@ NAME" begins a section; what stands before the first one is for readers only.
A slot, {{NAME}}, is filled with a name, a status or a quoted value, never with raw text.
A backslash before a command keeps an alias of that name away.

"evaluated" wraps any other text for `eval $(...)`, quoted or not: the shell may split it,
expand path names and braces in it and join it again, and still finds the same words. In mksh
printf is a program, which a text over 128 KiB is too long for: then the script stops.

"secrets_begin" and "secrets_end" keep the lines between them out of the trace of `set -x`.
Where `set -v` shows what is read, "source" keeps the file out, for ksh93 reads it at once.
"unless_gone" before it makes it pass over a file that does not exist (any more).

"on_exit" composes an EXIT trap from "cleanup" and the trap that is set already. The list of
traps goes through a file, because dash lists none in a command substitution; changing any
trap first (KILL cannot have one, as yash says) makes a subshell of bash or ksh93 forget its parent's traps,
which it lists and does not run. The EXIT trap is first in the list, but last in ksh93's. The
old action stands in both branches, since only so it finds in $? what it would have found.
In zsh a trap that is set in a function would run when the function ends, but for the option;
a trap that zsh sets aside while a function runs replaces it again, and then nothing is removed.

"failure": an interactive shell lives on; bash and zsh leave the function or file that runs
this, while in the others `return` outside of both would close the shell.
@@ export
\export {{name}}={{value}}
@@ unset
\unset -v {{name}}
@@ source
case $- in
  *v*) set +v; \. {{path}}; set -v ;;
  *) \. {{path}} ;;
esac
@@ unless_gone
\[ ! -e {{path}} ] ||
@@ evaluated
\eval "`! \printf {{text}} && \echo exit 1`";
@@ secrets_begin
dockside_options=$-
{ set +x; } 2>/dev/null
@@ secrets_end
case $dockside_options in *x*) unset -v dockside_options; set -x ;; *) unset -v dockside_options ;; esac
@@ cleanup
(dockside_status=$?; \command rm -rf -- {{directory}}; exit "$dockside_status")
@@ on_exit
dockside_restore=:
case ${ZSH_VERSION-} in (?*)
  [[ -o posix_traps ]] || { \setopt posix_traps; dockside_restore='unsetopt posix_traps'; }
  ;;
esac
trap - KILL 2>/dev/null || :
(umask 077; : >|{{directory}}"/traps.$$")
trap >|{{directory}}"/traps.$$"
trap "$(
  action() { case ${4-} in (EXIT) \printf '%s' "$3" ;; esac; exit; }
  list=$(\command cat {{directory}}"/traps.$$")
  \command rm -f {{directory}}"/traps.$$"
  old=$(\eval "action $list")
  last=${list##*"
"}
  case $old,$last in (,'trap -- '*' EXIT') old=$(\eval "action $last") ;; esac
  \printf 'if %s; then\n%s\n\n:\nelse\n%s\n\n:\nfi' {{cleanup}} "$old" "$old"
)" EXIT
\eval "$dockside_restore"
\unset -v dockside_restore
@@ failure
case $- in
  *i*)
    case ${BASH_VERSION-}${ZSH_VERSION-} in ?*) \return {{status}} 2>/dev/null ;; esac
    (exit {{status}})
    ;;
  *) \exit {{status}} ;;
esac
