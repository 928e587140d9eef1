using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MicroGpt.Cli;

/// <summary>Where the answers go: UTF-8, and an error if nobody reads them any more.</summary>
static class StandardOutput
{
    const int BrokenPipe = 32; // EPIPE of Linux and of macOS

    /// <summary>A terminal that understands control codes.</summary>
    public static bool IsTerminal { get; } =
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "");

    /// <summary>Buffered: who writes must flush.</summary>
    public static TextWriter Open()
    {
        // The console's stream says nothing when the reader of a pipe is gone. A file stream does, but keeps a position
        // of its own, so that it is no good where the output is a file that others write to as well.
        var stream = Console.OpenStandardOutput();
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            try
            {
                var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
                stream = pipe.CanSeek ? stream : pipe;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // closed, or of a kind that can't be asked: the console's stream knows what to do
            }
        }
        return new StreamWriter(stream, new UTF8Encoding(false), 1 << 14) { NewLine = "\n" };
    }

    public static bool IsClosedPipe(Exception e) => e is IOException { HResult: BrokenPipe };

    /// <summary>Text of a data set, such that a terminal takes nothing but its line ends for control codes.</summary>
    public static string Safe(string text) => !IsTerminal || !text.Any(char.IsControl)
        ? text
        : string.Concat(text.Select(c => char.IsControl(c) && c != '\n' ? '\ufffd' : c));

    /// <summary>The same on one line, its line ends shown as ↵.</summary>
    public static string OneLine(string text) => Safe(text).Replace('\n', '↵');
}
