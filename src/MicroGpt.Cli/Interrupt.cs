using System.Runtime.InteropServices;

namespace MicroGpt.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks to stop, the second stops at once.</summary>
sealed class Interrupt : IDisposable
{
    readonly PosixSignalRegistration onInterrupt, onTerminate;
    volatile int exitCode;

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
        signal.Cancel = Interlocked.CompareExchange(ref exitCode, code, 0) == 0; // else it does what it does by default
    }
}
