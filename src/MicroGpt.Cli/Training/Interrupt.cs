using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MicroGpt.Cli;

/// <summary>
/// The signals that ask a process to end, all handled alike: the first one stops and saves, the second stops at once.
/// Signals that arrive together count as one: timeout(1), for instance, signals the command and then its whole group.
/// </summary>
/// <remarks>A signal that was ignored when the process started, such as SIGHUP under nohup, stays ignored.</remarks>
sealed class Interrupt : IDisposable
{
    static readonly TimeSpan together = TimeSpan.FromMilliseconds(200);

    static readonly (PosixSignal Signal, int Number)[] signals =
    [
        (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15),
    ];

    readonly CancellationTokenSource stop = new();
    readonly PosixSignalRegistration[] registrations;
    volatile int exitCode;
    long first;

    public Interrupt() => registrations = Array.ConvertAll(
        signals, pair => PosixSignalRegistration.Create(pair.Signal, signal => Ask(signal, 128 + pair.Number)));

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => stop.Token;

    /// <summary>The exit code of a command ended by the signal: 128 + its number; 0 if there was none.</summary>
    public int ExitCode => exitCode;

    public void Dispose()
    {
        Array.ForEach(registrations, registration => registration.Dispose());
        stop.Dispose();
    }

    void Ask(PosixSignalContext signal, int code)
    {
        var now = Stopwatch.GetTimestamp();
        Interlocked.CompareExchange(ref first, now, 0);
        Interlocked.CompareExchange(ref exitCode, code, 0);
        signal.Cancel = Stopwatch.GetElapsedTime(first, now) < together; // otherwise it has its default effect
        stop.Cancel();
    }
}
