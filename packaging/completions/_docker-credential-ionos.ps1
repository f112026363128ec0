
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'docker-credential-ionos' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'docker-credential-ionos'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'docker-credential-ionos' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the credential for a registry; mint a token if none is cached')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Store the login on stdin (for docker login)')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Remove the credentials of the server URL on stdin and revoke its tokens (for docker logout)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the hosts with stored or cached credentials, as Docker reads them')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version (also --version, -v)')
            [CompletionResult]::new('configure-docker', 'configure-docker', [CompletionResultType]::ParameterValue, 'Set this program as Docker''s credential helper for your registries')
            [CompletionResult]::new('docker-config', 'docker-config', [CompletionResultType]::ParameterValue, 'Print a Docker config.json with a login, for programs that cannot run a helper')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print user name and password as environment variables')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in a client that stores credentials itself')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show stored and cached credentials, when they expire, and which clients use them')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check the path from Docker to the registry and suggest fixes')
            [CompletionResult]::new('tokens', 'tokens', [CompletionResultType]::ParameterValue, 'List the tokens this program minted, as the API reports them')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete unused tokens created on this machine')
            [CompletionResult]::new('kubelet', 'kubelet', [CompletionResultType]::ParameterValue, 'Serve a kubelet as its image credential provider, or check its configuration')
            [CompletionResult]::new('kubernetes-manifest', 'kubernetes-manifest', [CompletionResultType]::ParameterValue, 'Print a pull secret for Kubernetes')
            [CompletionResult]::new('k8s', 'k8s', [CompletionResultType]::ParameterValue, 'Print a pull secret for Kubernetes')
            [CompletionResult]::new('kubernetes-apply', 'kubernetes-apply', [CompletionResultType]::ParameterValue, 'Keep a pull secret fresh from a job inside the cluster')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'docker-credential-ionos;get' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;store' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;erase' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;list' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;version' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;configure-docker' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until a new registry accepts a credential, at most TIME [default: 10m]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--podman', '--podman', [CompletionResultType]::ParameterName, 'Change podman''s auth.json instead of Docker''s config.json, which podman also reads')
            [CompletionResult]::new('--remove', '--remove', [CompletionResultType]::ParameterName, 'Remove the registries; without HOST, all that use this program')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the change as a diff, without making it')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;docker-config' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;env' {
            [CompletionResult]::new('--shell', '--shell', [CompletionResultType]::ParameterName, 'The shell that reads the output')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--github', '--github', [CompletionResultType]::ParameterName, 'In GitHub Actions: set the variables for the steps that follow, and mask the password')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;login' {
            [CompletionResult]::new('--with', '--with', [CompletionResultType]::ParameterName, 'The program to log in')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until a new registry accepts a credential, at most TIME [default: 10m]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--podman', '--podman', [CompletionResultType]::ParameterName, 'Same as --with podman')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;status' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;doctor' {
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until a new registry accepts a credential, at most TIME [default: 10m]')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--mint', '--mint', [CompletionResultType]::ParameterName, 'Mint a token if none is cached, to check that this works')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;tokens' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'List every token of the registry, not only those of this program')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print a JSON array')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;prune' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Delete without asking')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only print what would be deleted')
            [CompletionResult]::new('--all-machines', '--all-machines', [CompletionResultType]::ParameterName, 'Also delete tokens of other machines, other users and release 0.1.0, which may be in use')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;kubelet' {
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Check this program''s entry in a kubelet''s image credential provider configuration, a file or a directory')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;kubernetes-manifest' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the Secret')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'A label of the Secret; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace of the Secret [default: that of kubectl]')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace of the Secret [default: that of kubectl]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What to print')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;k8s' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the Secret')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'A label of the Secret; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace of the Secret [default: that of kubectl]')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace of the Secret [default: that of kubectl]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'What to print')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;kubernetes-apply' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The name of the Secret')
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'A label of the Secret; may be repeated')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'A namespace for the Secret; may be repeated [default: the pod''s own]')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'A namespace for the Secret; may be repeated [default: the pod''s own]')
            [CompletionResult]::new('--service-account', '--service-account', [CompletionResultType]::ParameterName, 'Add the Secret to the imagePullSecrets of this service account in each namespace; may be repeated')
            [CompletionResult]::new('--service-account-dir', '--service-account-dir', [CompletionResultType]::ParameterName, 'The directory of the pod''s token, ca.crt and namespace')
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Mint a token and write the Secret even if it is fresh')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Check that the cluster accepts the Secret; mint and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;completions' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Use a profile: "pull", "push" or one from config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;help' {
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the credential for a registry; mint a token if none is cached')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Store the login on stdin (for docker login)')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Remove the credentials of the server URL on stdin and revoke its tokens (for docker logout)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the hosts with stored or cached credentials, as Docker reads them')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version (also --version, -v)')
            [CompletionResult]::new('configure-docker', 'configure-docker', [CompletionResultType]::ParameterValue, 'Set this program as Docker''s credential helper for your registries')
            [CompletionResult]::new('docker-config', 'docker-config', [CompletionResultType]::ParameterValue, 'Print a Docker config.json with a login, for programs that cannot run a helper')
            [CompletionResult]::new('env', 'env', [CompletionResultType]::ParameterValue, 'Print user name and password as environment variables')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in a client that stores credentials itself')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show stored and cached credentials, when they expire, and which clients use them')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check the path from Docker to the registry and suggest fixes')
            [CompletionResult]::new('tokens', 'tokens', [CompletionResultType]::ParameterValue, 'List the tokens this program minted, as the API reports them')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete unused tokens created on this machine')
            [CompletionResult]::new('kubelet', 'kubelet', [CompletionResultType]::ParameterValue, 'Serve a kubelet as its image credential provider, or check its configuration')
            [CompletionResult]::new('kubernetes-manifest', 'kubernetes-manifest', [CompletionResultType]::ParameterValue, 'Print a pull secret for Kubernetes')
            [CompletionResult]::new('kubernetes-apply', 'kubernetes-apply', [CompletionResultType]::ParameterValue, 'Keep a pull secret fresh from a job inside the cluster')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'docker-credential-ionos;help;get' {
            break
        }
        'docker-credential-ionos;help;store' {
            break
        }
        'docker-credential-ionos;help;erase' {
            break
        }
        'docker-credential-ionos;help;list' {
            break
        }
        'docker-credential-ionos;help;version' {
            break
        }
        'docker-credential-ionos;help;configure-docker' {
            break
        }
        'docker-credential-ionos;help;docker-config' {
            break
        }
        'docker-credential-ionos;help;env' {
            break
        }
        'docker-credential-ionos;help;login' {
            break
        }
        'docker-credential-ionos;help;status' {
            break
        }
        'docker-credential-ionos;help;doctor' {
            break
        }
        'docker-credential-ionos;help;tokens' {
            break
        }
        'docker-credential-ionos;help;prune' {
            break
        }
        'docker-credential-ionos;help;kubelet' {
            break
        }
        'docker-credential-ionos;help;kubernetes-manifest' {
            break
        }
        'docker-credential-ionos;help;kubernetes-apply' {
            break
        }
        'docker-credential-ionos;help;completions' {
            break
        }
        'docker-credential-ionos;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
