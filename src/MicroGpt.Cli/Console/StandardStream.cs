using System.Runtime.InteropServices;

namespace MicroGpt.Cli;

/// <summary>The standard streams as inherited from the parent process.</summary>
static partial class StandardStream
{
    public const int Input = 0, Output = 1, Error = 2;

    /// <summary>Whether the command was started with this stream closed, as by <c>2>&amp;-</c> in a shell.</summary>
    /// <remarks>
    /// A closed stream's number is reused for a file that the runtime opens for itself, and reading there would block
    /// forever. Such a file is marked close-on-exec, which an inherited stream can't be.
    /// </remarks>
    public static bool IsClosed(int stream)
    {
        const int getFlags = 1, closeOnExec = 1; // F_GETFD, FD_CLOEXEC
        return !OperatingSystem.IsWindows() && FileControl(stream, getFlags) is var flags
            && (flags < 0 || (flags & closeOnExec) != 0);
    }

    /// <summary>Whether stdin has data, which is not consumed.</summary>
    public static bool HasInput()
    {
        const short readable = 1; // POLLIN
        const int peek = 2;       // MSG_PEEK
        if (!Console.IsInputRedirected || OperatingSystem.IsWindows() || IsClosed(Input))
        {
            return false;
        }
        try
        {
            using var input = new FileStream(new(Input, ownsHandle: false), FileAccess.Read, bufferSize: 0);
            if (input.CanSeek)
            {
                return input.Length > input.Position; // /dev/null has the length 0
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false; // a folder, for instance
        }
        var pipe = new PollRequest { Stream = Input, Events = readable };
        return Poll(ref pipe, 1, timeout: 0) == 1 && (pipe.Answer & readable) != 0
            && Receive(Input, new byte[1], 1, peek) != 0; // a socket at its end is readable too, but yields nothing
    }

    struct PollRequest // pollfd
    {
        public int Stream;
        public short Events, Answer;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int file, int command);

    [LibraryImport("libc", EntryPoint = "recv")]
    private static partial nint Receive(int socket, Span<byte> buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollRequest files, nuint count, int timeout);
}
