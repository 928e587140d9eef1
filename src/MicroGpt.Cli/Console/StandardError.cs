using System.Text;

namespace MicroGpt.Cli;

/// <summary>Receives notes and error messages. If it can't be written, the command does not fail.</summary>
sealed class StandardError : TextWriter
{
    readonly Stream stream = StandardStream.IsClosed(StandardStream.Error) ? Stream.Null : Console.OpenStandardError();

    StandardError() => CoreNewLine = ['\n'];

    public override Encoding Encoding { get; } = new UTF8Encoding(false);

    /// <summary>Makes it the console's.</summary>
    public static void Open() => Console.SetError(new StandardError());

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        try
        {
            stream.Write(Encoding.GetBytes(Legible.Of(value ?? "")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // full, closed, or a terminal that is gone
        }
    }

    public override void WriteLine(string? value) => Write(value + "\n");
}
