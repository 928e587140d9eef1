using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MicroGpt.Cli.Tests;

/// <summary>
/// A pipe for the log of a run, on Linux. It holds less than the log writes at once, so the run stands still in the
/// middle of such a write until somebody reads: how far it gets is the test's decision, and not the machine's. (The run
/// must not save, as that writes what there is.)
/// </summary>
sealed partial class LogPipe : IDisposable
{
    const int AtOnce = 1 << 14, Capacity = 1 << 12;

    readonly byte[] bytes = new byte[AtOnce];
    readonly FileStream reader;
    FileStream? writer; // until the run has the pipe open too

    public LogPipe(string path)
    {
        const int setPipeSize = 1031; // F_SETPIPE_SZ
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the size of a pipe is a matter of Linux");
        Process.Start("mkfifo", path).WaitForExit();
        writer = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        reader = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        Assert.Equal(Capacity, FileControl((int)reader.SafeFileHandle.DangerousGetHandle(), setPipeSize, Capacity));
    }

    /// <summary>Lets the run go on until it stands still again, some hundred steps later.</summary>
    public void Pass()
    {
        reader.ReadExactly(bytes, 0, writer == null ? AtOnce : Capacity); // always to the same place in what it writes
        writer?.Dispose();
        writer = null;
    }

    /// <summary>Lets the run go on to its end, and waits for that.</summary>
    public void PassAll() => reader.CopyTo(Stream.Null);

    public void Dispose()
    {
        writer?.Dispose();
        reader.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int file, int command, int argument);
}
