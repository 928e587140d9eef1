namespace MicroGpt.Cli;

/// <summary>The output can't be written.</summary>
sealed class OutputException(Exception why) : IOException($"the output can't be written: {InputFile.Why(why)}", why)
{
    const int BrokenPipe = 32; // EPIPE on Linux and macOS

    /// <summary>Whether the reader closed the pipe, perhaps because it has read enough.</summary>
    public bool IsClosedPipe => InnerException!.HResult == BrokenPipe;
}
