/*
 * A step for a Jenkins shared library whose library path is templates/jenkins. It gives the steps
 * of its block a docker config directory of their own, with the logins of the build:
 *
 *     withCredentials([usernamePassword(credentialsId: 'registry',
 *             usernameVariable: 'DOCKSIDE_REGISTRY_TEAM_USERNAME',
 *             passwordVariable: 'DOCKSIDE_REGISTRY_TEAM_PASSWORD')]) {
 *         withDockside(registries: [TEAM: 'registry.example.com']) {
 *             sh 'docker push registry.example.com/team/app'
 *         }
 *     }
 *
 * The agent has dockside. Blocks that share a workspace, nested or in parallel, end each for itself.
 * Variables that are secrets (WERF_REPO_*_TOKEN) are not set for the block: a script that needs
 * them starts with `eval $(dockside ci-env jenkins)`.
 */
def call(Map options = [:], Closure body) {
    // The job's directory is one for each workspace, unless the place for it is another.
    Map settings = [WERF_TMP_DIR: pwd(tmp: true) + '/dockside-' + UUID.randomUUID()]
    (options.registries ?: [:]).each { name, host -> settings["DOCKSIDE_REGISTRY_${name}".toString()] = host }
    withEnv(assignments(settings)) {
        try {
            String answer = sh(label: 'dockside ci-env', returnStdout: true, script: 'dockside ci-env jenkins --format json')
            withEnv(assignments(parse(answer))) {
                body()
            }
        } finally {
            sh(label: 'dockside logout', script: 'dockside logout --job && rm -rf "${WERF_TMP_DIR:?}"')
        }
    }
}

/** The variables that `ci-env` answers with. */
@NonCPS
private static Map parse(String answer) {
    return new groovy.json.JsonSlurperClassic().parseText(answer).variables
}

/**
 * The variables as `NAME=value`; one without a value is unset, as `withEnv` does with `NAME=`.
 * `withEnv` replaces `$NAME` and `${NAME}` in values and takes `$$` for a dollar sign: a branch
 * called `$TOKEN` must not become the token.
 */
@NonCPS
private static List<String> assignments(Map variables) {
    return variables.collect { name, value -> "${name}=".toString() + (value ?: '').toString().replace('$', '$$') }
}
