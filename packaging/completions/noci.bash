# shellcheck shell=bash
# bash completion for noci(1). tests/lint/help_man.py holds it to what --help says.
_noci() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local verb=${COMP_WORDS[1]-} options=
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    mapfile -t COMPREPLY < <(compgen -W "run check rules replay tune explain report status why alerts --help --help-all --version" -- "$current")
    return
  fi
  case $previous in
    --config | -c | --limits | --history | --write)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    --rules | --lists)
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    --format)
      case $verb in
        report) options="text jsonl csv" ;;
        status | why) options="text json" ;;
        *) options="text jsonl" ;;
      esac
      ;;
    --by) options="user.id source.ip server.name" ;;
    --detail) options="rooms media targets" ;;
    --state) options="pending delivered dead" ;;
    --level) options="informational low medium high critical" ;;
    --timezone | --prefix | --since | --until | --key | --webhook | --most | --target) return ;;
    rules) options="test" ;;
    alerts) options="list show resend discard test" ;;
    *)
      case $verb in
        run | check) options="--config" ;;
        rules) options="--lists" ;;
        replay) options="--config --rules --lists --rotated --timezone --prefix --format" ;;
        tune) options="--config --rules --lists --limits --history --rotated --timezone --prefix --target --write --format" ;;
        explain) options="--config --rotated --timezone --prefix --format" ;;
        report) options="--config --by --since --until --rotated --timezone --prefix --format --key --detail" ;;
        status | why) options="--config --format" ;;
        alerts)
          case ${COMP_WORDS[2]-} in
            list) options="--config --state --webhook --level --since --most --format" ;;
            show) options="--config --format" ;;
            resend) options="--config --dead --webhook" ;;
            discard) options="--config --pending --webhook" ;;
            *) options="--config --webhook" ;;
          esac
          ;;
      esac
      options+=" --help"
      if [[ $current != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -o filenames -F _noci noci
