# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_docker_credential_ionos_global_optspecs
    string join \n profile= h/help
end

function __fish_docker_credential_ionos_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_docker_credential_ionos_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_docker_credential_ionos_using_subcommand
    set -l cmd (__fish_docker_credential_ionos_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "get" -d 'Print the credential for a registry, minting a token if need be'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "store" -d 'Keep the login on stdin (for docker login)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "erase" -d 'Forget the server URL on stdin and revoke its tokens (for docker logout)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "list" -d 'Print the hosts there are credentials for, as Docker reads them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "version" -d 'Print the version (also --version, -v)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "completions" -d 'Print a script that completes commands in a shell'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand get" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand store" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand store" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand erase" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand erase" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand list" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand list" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand version" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand version" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand completions" -l profile -d 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "get" -d 'Print the credential for a registry, minting a token if need be'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "store" -d 'Keep the login on stdin (for docker login)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "erase" -d 'Forget the server URL on stdin and revoke its tokens (for docker logout)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "list" -d 'Print the hosts there are credentials for, as Docker reads them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "version" -d 'Print the version (also --version, -v)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "completions" -d 'Print a script that completes commands in a shell'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
