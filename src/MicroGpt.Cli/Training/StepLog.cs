using System.Globalization;
using System.Text;

namespace MicroGpt.Cli;

/// <summary>Writes a line of JSON for each step, with numbers that round-trip exactly.</summary>
sealed class StepLog : IDisposable
{
    const string Start = "{\"step\":", Validation = ",\"val\":";

    readonly string path;
    readonly FileLock? hold; // null for a device, which needs none
    readonly FileStream file;
    readonly StreamWriter writer;
    readonly List<ValidationLoss> earlier = [];
    int last; // the step of the last line kept

    /// <param name="path">The file; a new run overwrites it, a resumed run appends to it.</param>
    /// <param name="steps">The steps taken so far; lines of later steps, taken after the last save, are dropped.</param>
    /// <exception cref="IOException">It can't be written, or another run is writing it.</exception>
    /// <exception cref="InvalidDataException">It is not a training log.</exception>
    public StepLog(string path, int steps)
    {
        this.path = path;
        hold = FileIdentity.IsDevice(path) ? null
            : FileLock.Take(path) ?? throw new IOException($"--log {path}: another run is writing this file");
        try
        {
            file = Open(path);
            RequireAlone();
            writer = new(file, new UTF8Encoding(false), 1 << 14) { NewLine = "\n" };
            if (file.CanSeek && file.Length > 0) // a pipe, a terminal or a device has no length
            {
                ContinueAfter(steps);
            }
            else if (file.CanSeek && steps > 0)
            {
                Note = Lacks(0, steps);
            }
        }
        catch
        {
            file?.Dispose();
            hold?.Dispose();
            throw;
        }
    }

    /// <summary>A note about an existing file; null if there is nothing to say.</summary>
    public string? Note { get; private set; }

    /// <summary>The validation losses of the steps before the run was resumed.</summary>
    public IReadOnlyList<ValidationLoss> Earlier => earlier;

    /// <summary>Whether the last line kept is of this step and lacks the validation loss.</summary>
    public bool LacksValidationOf(int step) => last == step && (earlier.Count == 0 || earlier[^1].Step != step);

    /// <param name="step">The step taken.</param>
    /// <param name="validation">The loss on the held-out documents, if it was measured.</param>
    public void Write(TrainingStep step, double? validation) => Try(() =>
    {
        writer.Write(string.Create(CultureInfo.InvariantCulture,
            $$"""{"step":{{step.Step}},"loss":{{step.Loss}},"lr":{{step.LearningRate}}"""));
        writer.WriteLine(validation is double loss ? $"{Validation}{Json(loss)}}}" : "}");
    });

    /// <summary>Adds the validation loss to the last line kept; must precede any <see cref="Write"/>.</summary>
    public void Complete(double validation) => Try(() =>
    {
        writer.Flush();
        file.SetLength(file.Length - writer.NewLine.Length - 1); // its brace
        file.Seek(0, SeekOrigin.End);
        writer.WriteLine($"{Validation}{Json(validation)}}}");
    });

    /// <summary>Must precede saving the model, so that the log never lacks a step that the model has.</summary>
    public void Flush() => Try(writer.Flush);

    public void Dispose()
    {
        try
        {
            writer.Dispose();
        }
        catch (IOException)
        {
            file.Dispose(); // the disk is full, which an earlier flush reported
        }
        hold?.Dispose();
    }

    static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(Directory.Exists(path)
                ? $"--log {path}: is a folder" : $"--log {path}: can't be written: {InputFile.Why(e)}");
        }
    }

    // Another run may have the same file by a hard link, of which the name tells nothing.
    void RequireAlone()
    {
        const int again = 11, denied = 13; // EAGAIN, EACCES: POSIX allows both; others say that there are no locks here
        if (!OperatingSystem.IsLinux() || hold == null || !file.CanSeek)
        {
            return;
        }
        try
        {
            file.Lock(0, long.MaxValue); // keeps out no reader: it is a lock for those that ask
        }
        catch (IOException e) when (e.HResult is again or denied)
        {
            throw new IOException($"--log {path}: another run is writing this file");
        }
        catch (IOException)
        {
        }
    }

    static string Json(double loss) => double.IsFinite(loss) ? loss.ToString(CultureInfo.InvariantCulture) : "null";

    void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException e)
        {
            throw new IOException($"--log {path}: can't be written: {InputFile.Why(e)}");
        }
    }

    // Cuts the file after the line of that step. The rest must be our lines, the last one possibly torn.
    void ContinueAfter(int steps)
    {
        var (end, number, before) = (0L, 0, 0);
        string? gap = null; // the first, in the middle: an editor's, for instance
        foreach (var (line, lineEnd) in Lines())
        {
            number++;
            var text = line.TrimEnd('\r', '\n');
            var step = StepOf(text);
            if (step == null && lineEnd == file.Length && text.Length == line.Length && IsOurs(text) || text.Length == 0)
            {
                continue; // torn, or blank
            }
            if (step == null || step <= before)
            {
                throw new InvalidDataException(number == 1
                    ? $"--log {path}: exists, but is not a training log; give another name, or delete it"
                    : $"--log {path}: line {number} is not the next step of a run; "
                        + "give another name, or delete the file");
            }
            if (step > before + 1 && step <= steps)
            {
                gap ??= Lacks(before, step.Value - 1);
            }
            before = step.Value;
            if (step <= steps)
            {
                (last, end) = (step.Value, lineEnd);
                writer.NewLine = line.EndsWith("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
                AddValidation(last, text);
            }
        }
        Note = steps == 0 && before > 0
            ? $"{path} has the log of another run, {Wording.Count(before, "step")}; this run replaces it"
            : gap ?? (last < steps ? Lacks(last, steps) : null);
        file.SetLength(end);
        file.Seek(0, SeekOrigin.End);
        if (end > 0 && !EndsLine())
        {
            writer.WriteLine(); // an editor removed the last line end
        }
    }

    string Lacks(int step, int steps) => step + 1 == steps
        ? $"{path} lacks step {steps}, which an earlier part of this run took"
        : $"{path} lacks steps {step + 1} to {steps}, which an earlier part of this run took";

    // Each line, including its line end, and the position where it ends. Our lines are ASCII.
    IEnumerable<(string Line, long End)> Lines()
    {
        using var reader = new StreamReader(file, Encoding.Latin1, false, leaveOpen: true);
        var (line, end) = (new StringBuilder(), 0L);
        for (var c = reader.Read(); c >= 0; c = reader.Read())
        {
            line.Append((char)c);
            end++;
            if (c == '\n' || reader.Peek() < 0)
            {
                yield return (line.ToString(), end);
                line.Clear();
            }
        }
    }

    bool EndsLine()
    {
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }

    void AddValidation(int step, string line)
    {
        if (line.IndexOf(Validation, StringComparison.Ordinal) is > 0 and var at && double.TryParse(
            line.AsSpan(at + Validation.Length).TrimEnd('}'), CultureInfo.InvariantCulture, out var loss))
        {
            earlier.Add(new(step, loss));
        }
    }

    static bool IsOurs(string text) =>
        text.StartsWith(Start, StringComparison.Ordinal) || Start.StartsWith(text, StringComparison.Ordinal)
        || text.AsSpan().Trim('\0').IsEmpty; // a line that never reached the disk because of a crash

    static int? StepOf(string line) => line.IndexOf(',', StringComparison.Ordinal) is > 0 and var comma
        && line.StartsWith(Start, StringComparison.Ordinal) && line.EndsWith('}')
        && int.TryParse(line.AsSpan(Start.Length..comma), CultureInfo.InvariantCulture, out var step) ? step : null;
}
