
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
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the credential for a registry, minting a token if need be')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Keep the login on stdin (for docker login)')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Forget the server URL on stdin and revoke its tokens (for docker logout)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the hosts there are credentials for, as Docker reads them')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version (also --version, -v)')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a script that completes commands in a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'docker-credential-ionos;get' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;store' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;erase' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;list' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;version' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'docker-credential-ionos;completions' {
            [CompletionResult]::new('--profile', '--profile', [CompletionResultType]::ParameterName, 'Act as docker-credential-ionos-NAME would: "pull", "push" or a profile of config.json')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'docker-credential-ionos;help' {
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the credential for a registry, minting a token if need be')
            [CompletionResult]::new('store', 'store', [CompletionResultType]::ParameterValue, 'Keep the login on stdin (for docker login)')
            [CompletionResult]::new('erase', 'erase', [CompletionResultType]::ParameterValue, 'Forget the server URL on stdin and revoke its tokens (for docker logout)')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'Print the hosts there are credentials for, as Docker reads them')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version (also --version, -v)')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a script that completes commands in a shell')
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
