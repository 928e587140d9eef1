using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MicroGpt.Cli;

/// <summary>The command's output: UTF-8; throws an <see cref="OutputException"/> if it can't be written.</summary>
static class StandardOutput
{
    static readonly Answers answers = new();

    /// <summary>Whether it is a terminal that understands control codes.</summary>
    public static bool IsTerminal { get; } =
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "");

    /// <summary>Why output can no longer be written; null if it can.</summary>
    public static OutputException? Failure => answers.Failure;

    /// <summary>Replaces the console's output. It is buffered: flush it to show it.</summary>
    public static void Open()
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                Console.OutputEncoding = Encoding.UTF8; // the console's code page decides what it shows
            }
            catch (IOException)
            {
                // there is no console
            }
        }
        Console.SetOut(new StreamWriter(answers, new UTF8Encoding(false), 1 << 14) { NewLine = "\n" });
    }

    /// <summary>From now on, drops output that can't be written; <see cref="Failure"/> says why.</summary>
    public static void IgnoreFailures() => answers.IgnoresFailures = true;

    /// <summary>Text from a data set, without control codes that a terminal would obey.</summary>
    public static string Safe(string text) => IsTerminal ? Legible.Of(text) : text;

    /// <summary>The same on one line, its line ends shown as ↵.</summary>
    public static string OneLine(string text) => Safe(text).Replace('\n', '↵');

    static Stream OpenStream()
    {
        if (StandardStream.IsClosed(StandardStream.Output))
        {
            throw new OutputException(new IOException("stdout is closed"));
        }
        // The console's stream does not report a closed pipe. A file stream does, but it keeps its own position, so it
        // can't be used for a file that others also write to.
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            try
            {
                var pipe = new FileStream(
                    new SafeFileHandle(StandardStream.Output, ownsHandle: false), FileAccess.Write, bufferSize: 0);
                return pipe.CanSeek ? Console.OpenStandardOutput() : pipe;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                // of an unknown kind: leave it to the console's stream
            }
        }
        return Console.OpenStandardOutput();
    }

    // The stream beneath Console.Out, opened at the first write.
    sealed class Answers : Stream
    {
        Stream? stream;

        public bool IgnoresFailures { get; set; }

        public OutputException? Failure { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                if (Failure == null)
                {
                    (stream ??= OpenStream()).Write(buffer);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Failure = e as OutputException ?? new OutputException(e);
            }
            if (Failure != null && !IgnoresFailures)
            {
                throw Failure;
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // nothing is buffered here
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
