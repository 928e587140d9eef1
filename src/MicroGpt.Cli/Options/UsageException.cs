namespace MicroGpt.Cli;

/// <summary>The command line is wrong: one sentence that names the option. Exit code 2.</summary>
sealed class UsageException(string message) : Exception(message);
