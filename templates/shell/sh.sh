Text for POSIX shells: bash, dash, zsh, ksh93, mksh, busybox sh.

A line "@@ NAME" begins a section; what stands before the first one is for readers only.
A slot, {{NAME}}, is filled with a name, a status or a quoted value, never with raw text.
A backslash before a command keeps an alias of that name away.

"evaluated" wraps any other text for `eval $(...)`, quoted or not: the shell may split it,
expand path names and braces in it and join it again, and still finds the same words.

"secrets_begin" and "secrets_end" keep the lines between them out of `set -x` and `set -v`.

"on_exit" composes an EXIT trap from "cleanup" and the trap that is set already. The list of
traps goes through a file, because dash lists none in a command substitution; changing any
trap first (KILL cannot have one) makes a subshell of bash or ksh93 forget its parent's traps,
which it lists and does not run. The EXIT trap is first in the list, but last in ksh93's. The
old action stands in both branches, since only so it finds in $? what it would have found.
zsh has a hook instead, for an EXIT trap that is set in a function of zsh runs when the
function ends; subshells run the hook too, so it knows the one that it was set in.

"failure": an interactive shell lives on; bash and zsh leave the function or file that runs
this, while in the others `return` outside of both would close the shell.
@@ export
\export {{name}}={{value}}
@@ unset
\unset -v {{name}}
@@ source
\. {{path}}
@@ evaluated
\eval "`\printf {{text}}`";
@@ secrets_begin
dockside_options=$-
{ set +vx; } 2>/dev/null
@@ secrets_end
case $dockside_options in *v*) set -v ;; esac
case $dockside_options in *x*) unset -v dockside_options; set -x ;; *) unset -v dockside_options ;; esac
@@ cleanup
(dockside_status=$?; \command rm -rf -- {{directory}}; exit "$dockside_status")
@@ on_exit_zsh
dockside_subshell=$ZSH_SUBSHELL
dockside_on_exit() {
  [[ $ZSH_SUBSHELL != $dockside_subshell ]] || \command rm -rf -- {{directory}}
}
zshexit_functions+=(dockside_on_exit)
@@ on_exit
if \test -n "${ZSH_VERSION-}"; then
  \eval {{zsh}}
else
  trap - KILL
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
fi
@@ failure
case $- in
  *i*)
    case ${BASH_VERSION-}${ZSH_VERSION-} in ?*) \return {{status}} 2>/dev/null ;; esac
    (exit {{status}})
    ;;
  *) \exit {{status}} ;;
esac
