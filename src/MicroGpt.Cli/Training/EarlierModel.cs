namespace MicroGpt.Cli;

/// <summary>What a run without --resume finds where its model shall be.</summary>
static class EarlierModel
{
    const string Otherwise = "give another name, or delete it";

    /// <summary>Lets the run replace a finished model, which could be made again; refuses for anything else.</summary>
    /// <returns>What to tell about a model that another run made; null if there is nothing to tell.</returns>
    /// <exception cref="InvalidDataException">It is an unfinished run, or no model.</exception>
    public static string? Replaceable(string path, TrainingOptions options, Corpus corpus)
    {
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
        {
            return null;
        }
        Provenance earlier;
        try
        {
            earlier = Gpt.Load(path).Provenance;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--out {path}: is there, and can't be read: {InputFile.Why(e)}");
        }
        catch (CheckpointException)
        {
            throw new InvalidDataException($"--out {path}: is there, and is no sound model; {Otherwise}");
        }
        var same = earlier.Options == options && earlier.CorpusSha256 == corpus.Sha256;
        if (earlier.Steps < earlier.Options.Steps)
        {
            var (whose, advice) = same
                ? ("", "add --resume to go on with it, or delete it") : (" of other data or options", Otherwise);
            throw new InvalidDataException($"--out {path}: has an unfinished run{whose}, "
                + $"{earlier.Steps} of {earlier.Options.Steps} steps; {advice}");
        }
        return same ? null
            : $"{path} has the model of another run, of {Say.Count(earlier.Steps, "step")}; this run replaces it";
    }
}
