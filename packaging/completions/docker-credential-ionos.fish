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

complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "get" -d 'Print the credential for a registry; mint a token if none is cached'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "store" -d 'Store the login on stdin (for docker login)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "erase" -d 'Remove the credentials of the server URL on stdin and revoke its tokens (for docker logout)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "list" -d 'Print the hosts with stored or cached credentials, as Docker reads them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "version" -d 'Print the version (also --version, -v)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "configure-docker" -d 'Set this program as Docker\'s credential helper for your registries'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "docker-config" -d 'Print a Docker config.json with a login, for programs that cannot run a helper'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "env" -d 'Print user name and password as environment variables'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "login" -d 'Log in a client that stores credentials itself'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "status" -d 'Show stored and cached credentials, when they expire, and which clients use them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "doctor" -d 'Check the path from Docker to the registry and suggest fixes'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "tokens" -d 'List the tokens this program minted, as the API reports them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "prune" -d 'Delete unused tokens created on this machine'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "kubelet" -d 'Serve a kubelet as its image credential provider, or check its configuration'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "kubernetes-manifest" -d 'Print a pull secret for Kubernetes'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "k8s" -d 'Print a pull secret for Kubernetes'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "kubernetes-apply" -d 'Keep a pull secret fresh from a job inside the cluster'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand get" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand store" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand store" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand erase" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand erase" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand list" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand list" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand version" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand version" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand configure-docker" -l wait -d 'Wait until a new registry accepts a credential, at most TIME [default: 10m]' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand configure-docker" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand configure-docker" -l podman -d 'Change podman\'s auth.json instead of Docker\'s config.json, which podman also reads'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand configure-docker" -l remove -d 'Remove the registries; without HOST, all that use this program'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand configure-docker" -l dry-run -d 'Print the change as a diff, without making it'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand configure-docker" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand docker-config" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand docker-config" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand env" -l shell -d 'The shell that reads the output' -r -f -a "sh\t'sh, bash, zsh and other POSIX shells'
fish\t'The friendly interactive shell'
powershell\t'PowerShell'"
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand env" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand env" -l github -d 'In GitHub Actions: set the variables for the steps that follow, and mask the password'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand login" -l with -d 'The program to log in' -r -f -a "docker\t'Docker'
podman\t'Podman'
buildah\t'Buildah'
skopeo\t'Skopeo'
helm\t'Helm'
nerdctl\t'nerdctl'
oras\t'ORAS'
crane\t'crane'"
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand login" -l wait -d 'Wait until a new registry accepts a credential, at most TIME [default: 10m]' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand login" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand login" -l podman -d 'Same as --with podman'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand status" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand status" -l json -d 'Print JSON'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand doctor" -l wait -d 'Wait until a new registry accepts a credential, at most TIME [default: 10m]' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand doctor" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand doctor" -l mint -d 'Mint a token if none is cached, to check that this works'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand doctor" -l json -d 'Print JSON'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand tokens" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand tokens" -l all -d 'List every token of the registry, not only those of this program'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand tokens" -l json -d 'Print a JSON array'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand tokens" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand prune" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand prune" -l yes -d 'Delete without asking'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand prune" -l dry-run -d 'Only print what would be deleted'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand prune" -l all-machines -d 'Also delete tokens of other machines, other users and release 0.1.0, which may be in use'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand prune" -s h -l help -d 'Print help'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubelet" -l check -d 'Check this program\'s entry in a kubelet\'s image credential provider configuration, a file or a directory' -r -F
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubelet" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubelet" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-manifest" -l name -d 'The name of the Secret' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-manifest" -l label -d 'A label of the Secret; may be repeated' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-manifest" -s n -l namespace -d 'The namespace of the Secret [default: that of kubectl]' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-manifest" -l format -d 'What to print' -r -f -a "secret\t'A Secret for imagePullSecrets, Flux and others, as YAML'
dockerconfigjson\t'The payload of the Secret: {"auths":…} on one line'
argocd\t'A Helm chart repository for Argo CD, as YAML'"
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-manifest" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-manifest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand k8s" -l name -d 'The name of the Secret' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand k8s" -l label -d 'A label of the Secret; may be repeated' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand k8s" -s n -l namespace -d 'The namespace of the Secret [default: that of kubectl]' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand k8s" -l format -d 'What to print' -r -f -a "secret\t'A Secret for imagePullSecrets, Flux and others, as YAML'
dockerconfigjson\t'The payload of the Secret: {"auths":…} on one line'
argocd\t'A Helm chart repository for Argo CD, as YAML'"
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand k8s" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand k8s" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l name -d 'The name of the Secret' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l label -d 'A label of the Secret; may be repeated' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -s n -l namespace -d 'A namespace for the Secret; may be repeated [default: the pod\'s own]' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l service-account -d 'Add the Secret to the imagePullSecrets of this service account in each namespace; may be repeated' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l service-account-dir -d 'The directory of the pod\'s token, ca.crt and namespace' -r -F
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l force -d 'Mint a token and write the Secret even if it is fresh'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -l dry-run -d 'Check that the cluster accepts the Secret; mint and change nothing'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand kubernetes-apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand completions" -l profile -d 'Use a profile: "pull", "push" or one from config.json' -r
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "get" -d 'Print the credential for a registry; mint a token if none is cached'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "store" -d 'Store the login on stdin (for docker login)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "erase" -d 'Remove the credentials of the server URL on stdin and revoke its tokens (for docker logout)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "list" -d 'Print the hosts with stored or cached credentials, as Docker reads them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "version" -d 'Print the version (also --version, -v)'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "configure-docker" -d 'Set this program as Docker\'s credential helper for your registries'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "docker-config" -d 'Print a Docker config.json with a login, for programs that cannot run a helper'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "env" -d 'Print user name and password as environment variables'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "login" -d 'Log in a client that stores credentials itself'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "status" -d 'Show stored and cached credentials, when they expire, and which clients use them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "doctor" -d 'Check the path from Docker to the registry and suggest fixes'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "tokens" -d 'List the tokens this program minted, as the API reports them'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "prune" -d 'Delete unused tokens created on this machine'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "kubelet" -d 'Serve a kubelet as its image credential provider, or check its configuration'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "kubernetes-manifest" -d 'Print a pull secret for Kubernetes'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "kubernetes-apply" -d 'Keep a pull secret fresh from a job inside the cluster'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c docker-credential-ionos -n "__fish_docker_credential_ionos_using_subcommand help; and not __fish_seen_subcommand_from get store erase list version configure-docker docker-config env login status doctor tokens prune kubelet kubernetes-manifest kubernetes-apply completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
