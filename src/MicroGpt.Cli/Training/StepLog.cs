using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>One JSON object for each step, its numbers such that they read back with every bit.</summary>
sealed class StepLog : IDisposable
{
    const string Begin = "{\"step\":", Validation = ",\"val\":";

    readonly string path;
    readonly FileStream file;
    readonly StreamWriter writer;
    readonly List<ValidationLoss> earlier = [];

    /// <param name="path">The file; it begins anew, or, of a resumed run, goes on.</param>
    /// <param name="steps">The steps that the run has behind it: what the file has of later ones is dropped.</param>
    public StepLog(string path, int steps)
    {
        this.path = path;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(Directory.Exists(path)
                ? $"--log {path}: is a folder" : $"--log {path}: can't be written: {InputFile.Why(e)}");
        }
        if (file.CanSeek && file.Length > 0) // a pipe, a terminal or a device has no length
        {
            try
            {
                GoOnAfter(steps);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        writer = new(file, new UTF8Encoding(false), 1 << 14) { NewLine = "\n" };
    }

    /// <summary>The validation losses of the steps before the run was resumed.</summary>
    public IReadOnlyList<ValidationLoss> Earlier => earlier;

    /// <param name="step">What the run has done.</param>
    /// <param name="validation">The loss on the documents set aside, if it was looked at.</param>
    public void Write(TrainingStep step, double? validation)
    {
        try
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture,
                $$"""{"step":{{step.Step}},"loss":{{step.Loss}},"lr":{{step.LearningRate}}"""));
            if (validation is double loss)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{Validation}{loss}"));
            }
            writer.WriteLine('}');
        }
        catch (IOException e)
        {
            throw Failure(e);
        }
    }

    /// <summary>Before the model is saved, so that a log never lacks a step that the model has.</summary>
    public void Flush()
    {
        try
        {
            writer.Flush();
        }
        catch (IOException e)
        {
            throw Failure(e);
        }
    }

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

    IOException Failure(IOException e) => new($"--log {path}: can't be written: {InputFile.Why(e)}");

    // Cuts the file behind the line of that step, or its last whole line. All of it is ours, and ASCII.
    void GoOnAfter(int steps)
    {
        var start = new byte[Begin.Length];
        var length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (!Begin.StartsWith(Encoding.Latin1.GetString(start, 0, length), StringComparison.Ordinal))
        {
            throw new InvalidDataException(
                $"--log {path}: is there, and is no log of a run; give another name, or delete it");
        }
        file.Seek(0, SeekOrigin.Begin);
        using var reader = new StreamReader(file, leaveOpen: true);
        var end = 0L;
        while (steps > 0 && reader.ReadLine() is string line)
        {
            if (StepOf(line) is not int step || step > steps || end + line.Length + 1 > file.Length)
            {
                break;
            }
            end += line.Length + 1;
            if (line.IndexOf(Validation, StringComparison.Ordinal) is > 0 and var at && double.TryParse(
                line.AsSpan(at + Validation.Length).TrimEnd('}'), CultureInfo.InvariantCulture, out var loss))
            {
                earlier.Add(new(step, loss));
            }
        }
        if (file.Length > end)
        {
            file.SetLength(end);
        }
        file.Seek(0, SeekOrigin.End);
    }

    static int? StepOf(string line) => line.IndexOf(',', StringComparison.Ordinal) is > 0 and var comma
        && line.StartsWith(Begin, StringComparison.Ordinal)
        && int.TryParse(line.AsSpan(Begin.Length..comma), CultureInfo.InvariantCulture, out var step) ? step : null;
}
