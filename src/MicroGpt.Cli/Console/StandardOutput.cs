using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MicroGpt.Cli;

/// <summary>Where the answers go: UTF-8, and an <see cref="OutputException"/> if they can't be written.</summary>
static class StandardOutput
{
    static readonly Answers answers = new();

    /// <summary>A terminal that understands control codes.</summary>
    public static bool IsTerminal { get; } =
        !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or "");

    /// <summary>Why nothing can be written any more; null if all is well.</summary>
    public static OutputException? Failure => answers.Failure;

    /// <summary>Makes it the console's. It is buffered: flush what should be seen.</summary>
    public static void Open()
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                Console.OutputEncoding = Encoding.UTF8; // a console there shows what its code page says
            }
            catch (IOException)
            {
                // there is no console
            }
        }
        Console.SetOut(new StreamWriter(answers, new UTF8Encoding(false), 1 << 14) { NewLine = "\n" });
    }

    /// <summary>From now on what can't be written is left out, and <see cref="Failure"/> says why.</summary>
    public static void Outlive() => answers.IsOutlived = true;

    /// <summary>Text of a data set, such that a terminal takes nothing but its line ends for control codes.</summary>
    public static string Safe(string text) => IsTerminal ? Legible.Of(text) : text;

    /// <summary>The same on one line, its line ends shown as ↵.</summary>
    public static string OneLine(string text) => Safe(text).Replace('\n', '↵');

    static Stream OpenStream()
    {
        if (StandardStream.IsClosed(StandardStream.Output))
        {
            throw new OutputException(new IOException("stdout is closed"));
        }
        // The console's stream says nothing when the reader of a pipe is gone. A file stream does, but keeps a position
        // of its own, so that it is no good where the output is a file that others write to as well.
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
                // of a kind that can't be asked: the console's stream knows what to do
            }
        }
        return Console.OpenStandardOutput();
    }

    // The stream beneath Console.Out, opened at the first answer.
    sealed class Answers : Stream
    {
        Stream? stream;

        public bool IsOutlived { get; set; }

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
            if (Failure != null && !IsOutlived)
            {
                throw Failure;
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // nothing is held back here
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
