using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MicroGpt.Cli;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks to stop, the second stops at once. What comes together is one: timeout(1), for
/// instance, sends its signal to the command and then to the command's whole group.
/// </summary>
sealed class Interrupt : IDisposable
{
    static readonly TimeSpan together = TimeSpan.FromMilliseconds(200);

    readonly PosixSignalRegistration onInterrupt, onTerminate;
    volatile int exitCode;
    long first;

    public Interrupt()
    {
        onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Ask(signal, 130));
        onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Ask(signal, 143));
    }

    /// <summary>What a shell expects of a command that the signal ended: 128 + its number; 0 if there was none.</summary>
    public int ExitCode => exitCode;

    public void Dispose()
    {
        onInterrupt.Dispose();
        onTerminate.Dispose();
    }

    void Ask(PosixSignalContext signal, int code)
    {
        var now = Stopwatch.GetTimestamp();
        Interlocked.CompareExchange(ref first, now, 0);
        Interlocked.CompareExchange(ref exitCode, code, 0);
        signal.Cancel = Stopwatch.GetElapsedTime(first, now) < together; // else it does what it does by default
    }
}
