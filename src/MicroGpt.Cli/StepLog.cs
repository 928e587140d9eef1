using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>One JSON object for each step, its numbers such that they read back with every bit.</summary>
sealed class StepLog : IDisposable
{
    readonly FileStream file;
    readonly StreamWriter writer;

    /// <param name="path">The file; it begins anew, or, of a resumed run, goes on.</param>
    /// <param name="steps">The steps that the run has behind it: what the file has of later ones is dropped.</param>
    public StepLog(string path, int steps)
    {
        try
        {
            var mode = steps == 0 ? FileMode.Create : FileMode.OpenOrCreate;
            file = new FileStream(path, mode, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--log {path}: {e.Message}");
        }
        if (steps > 0)
        {
            file.SetLength(EndOf(steps));
            file.Seek(0, SeekOrigin.End);
        }
        writer = new(file, new UTF8Encoding(false), 1 << 14) { NewLine = "\n" };
    }

    public void Write(TrainingStep step) => writer.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $$"""{"step":{{step.Step}},"loss":{{step.Loss}},"lr":{{step.LearningRate}}}"""));

    /// <summary>Before the model is saved, so that a log never lacks a step that the model has.</summary>
    public void Flush() => writer.Flush();

    public void Dispose()
    {
        try
        {
            writer.Dispose();
        }
        catch (IOException)
        {
            file.Dispose(); // the disk is full, and who flushed was told
        }
    }

    // Where the line of that step ends; where the file does, if it has fewer whole lines.
    long EndOf(int steps)
    {
        var (line, end, position) = (0, 0L, 0L);
        var buffer = new byte[1 << 16];
        for (int length; line < steps && (length = file.Read(buffer)) > 0; position += length)
        {
            for (var i = 0; i < length && line < steps; i++)
            {
                if (buffer[i] == '\n')
                {
                    (line, end) = (line + 1, position + i + 1);
                }
            }
        }
        return end;
    }
}
