namespace MicroGpt.Cli;

/// <summary>The command line asks for what can't be: one sentence that names the option. Exit code 2.</summary>
sealed class UsageException(string message) : Exception(message);
