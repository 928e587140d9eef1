namespace MicroGpt.Cli;

/// <summary>The answers can't be written.</summary>
sealed class OutputException(Exception why) : IOException($"the output can't be written: {InputFile.Why(why)}", why)
{
    const int BrokenPipe = 32; // EPIPE of Linux and of macOS

    /// <summary>Whether the reader is gone: it may simply have read enough.</summary>
    public bool IsClosedPipe => InnerException!.HResult == BrokenPipe;
}
