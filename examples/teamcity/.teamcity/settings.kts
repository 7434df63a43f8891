// Releases an image that was built before. The agent has dockside; the project has the
// parameters registry.username and registry.password, the latter of type password.
// TeamCity's scripts run without "-e".
import jetbrains.buildServer.configs.kotlin.BuildStep
import jetbrains.buildServer.configs.kotlin.BuildType
import jetbrains.buildServer.configs.kotlin.buildSteps.script
import jetbrains.buildServer.configs.kotlin.project
import jetbrains.buildServer.configs.kotlin.version

version = "2024.03"

project {
    buildType(Release)
}

object Release : BuildType({
    name = "Release"
    params {
        param("env.IMAGE", "registry.example.com/team/app")
        param("env.DOCKSIDE_REGISTRY_TEAM", "registry.example.com")
        param("env.DOCKSIDE_REGISTRY_TEAM_USERNAME", "%registry.username%")
        param("env.DOCKSIDE_REGISTRY_TEAM_PASSWORD", "%registry.password%")
    }
    steps {
        script {
            name = "Release"
            scriptContent = """
                #!/bin/sh
                set -e
                eval ${'$'}(dockside ci-env teamcity)
                dockside tag "${'$'}IMAGE:${'$'}BUILD_VCS_NUMBER" latest
            """.trimIndent()
        }
        script {
            name = "Log out"
            executionMode = BuildStep.ExecutionMode.ALWAYS
            scriptContent = "dockside logout --job"
        }
    }
})
